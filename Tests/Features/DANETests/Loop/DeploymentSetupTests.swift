import Foundation
import StewardDNS
import Testing

@testable import StewardDANE

@Suite struct DeploymentSetupTests {
    private func settings(_ change: (inout DANESettings) -> Void) throws -> DANESettings {
        var settings = try LoopWorld().settings
        change(&settings)
        return settings
    }

    @Test func soundSettingsBecomeSetups() throws {
        let setups = try DeploymentSetup.all(settings { $0.deployments[0].reload = ["postfix"] })
        let setup = try #require(setups.first)
        #expect(setup.name == "mail")
        #expect(setup.folder.hasPrefix("mail-"))
        #expect(setup.policy.zone == DomainName("example"))
        #expect(setup.reloads.map(\.words) == [["postfix", "reload"]])
    }

    @Test func addressesAreWrittenOneWayWhateverTheSettingsSay() throws {
        let setup = try #require(
            DeploymentSetup.all(
                settings { settings in
                    settings.deployments[0].addresses = ["FD00:0::53", "192.0.2.1"]
                    settings.zones[0].servers = ["[2001:DB8:0::4]:53"]
                }
            ).first)
        #expect(setup.addresses == ["fd00::53", "192.0.2.1"])
        #expect(setup.servers == [NameServer("2001:db8::4")])
        let wrong = try settings { settings in
            settings.zones[0].program = []
            settings.zones[0].update.server = "[fd00::3"
            settings.deployments[0].addresses = ["fd00::g"]
        }
        let error = #expect(throws: DANESetupError.self) { try DeploymentSetup.all(wrong) }
        let fields = Set(error?.problems.map(\.field) ?? [])
        #expect(
            fields.isSuperset(of: ["dane.zones[0].update.server", "dane.deployments[0].addresses[0]"]), "\(fields)")
    }

    @Test func everythingThatIsWrongIsSaidAtOnce() throws {
        let settings = try settings { settings in
            settings.zones[0].program = []
            settings.deployments[0].services = ["mail.elsewhere:25", "nonsense"]
            settings.deployments[0].addresses = ["mail.example"]
            settings.deployments[0].owner = "no-such-user-here"
            settings.deployments[0].reload = ["sh -c 'open"]
            settings.deployments[0].records = ["3 1 1", "9"]
            settings.deployments[0].lineage = "../x"
        }
        let error = #expect(throws: DANESetupError.self) { try DeploymentSetup.all(settings) }
        let fields = Set(error?.problems.map(\.field) ?? [])
        for field in [
            "dane.zones[0]", "dane.deployments[0].services", "dane.deployments[0].services[1]",
            "dane.deployments[0].addresses[0]", "dane.deployments[0].owner", "dane.deployments[0].reload[0]",
            "dane.deployments[0].records[1]", "dane.deployments[0].lineage",
        ] { #expect(fields.contains(field), "\(field) in \(fields)") }
    }

    @Test func fileOfTwoDeploymentsAndFileInTheTreeAreRefused() throws {
        let twice = try settings { $0.deployments.append($0.deployments[0]) }
        let error = #expect(throws: DANESetupError.self) { try DeploymentSetup.all(twice) }
        #expect(error?.problems.contains { $0.field == "dane.deployments[1].file" } == true)
        let inside = try settings { $0.deployments[0].file = $0.deployments[0].tree + "/live/mail/both.pem" }
        #expect(throws: DANESetupError.self) { try DeploymentSetup.all(inside) }
    }

    @Test func unreadableKeyFileIsNamed() throws {
        let settings = try settings { settings in
            settings.zones[0].program = []
            settings.zones[0].update.server = "127.0.0.1:53"
            settings.zones[0].update.key = "/no/such/key"
        }
        let error = #expect(throws: DANESetupError.self) { try DeploymentSetup.all(settings) }
        #expect(error?.description.contains("/no/such/key can't be read: No such file or directory") == true)
    }
}

@Suite struct LineageFilesTests {
    @Test func halfWrittenRenewalIsWaitedFor() async throws {
        let world = try LoopWorld()
        try world.renew()
        let second = try world.renew()
        let live = "\(world.scratch.path)/tree/live/mail"
        unlink("\(live)/privkey.pem")
        symlink("../../archive/mail/privkey1.pem", "\(live)/privkey.pem")
        let files = LineageFiles(tree: "\(world.scratch.path)/tree", name: "mail")
        let error = await #expect(throws: LineageFiles.Trouble.self) {
            try await files.current(patience: .milliseconds(100))
        }
        #expect(error?.code == "lineage-mismatch")
        let reader = Task { try await files.current(patience: .seconds(20)) }
        try await Task.sleep(for: .milliseconds(200))
        unlink("\(live)/privkey.pem")
        symlink("../../archive/mail/privkey2.pem", "\(live)/privkey.pem")
        #expect(try await reader.value == second)
    }

    @Test func symlinkOutOfTheTreeIsNotFollowed() async throws {
        let world = try LoopWorld()
        try world.renew()
        let tree = "\(world.scratch.path)/tree"
        try FileManager.default.moveItem(
            atPath: "\(tree)/archive/mail/privkey1.pem", toPath: "\(world.scratch.path)/key.pem")
        unlink("\(tree)/live/mail/privkey.pem")
        symlink("../../../key.pem", "\(tree)/live/mail/privkey.pem")
        let error = await #expect(throws: LineageFiles.Trouble.self) {
            try await LineageFiles(tree: tree, name: "mail").current()
        }
        #expect(error?.text.contains("leads out of") == true)
    }

    @Test func stampChangesWithARenewalAlone() throws {
        let world = try LoopWorld()
        try world.renew()
        let files = LineageFiles(tree: "\(world.scratch.path)/tree", name: "mail")
        let before = files.stamp()
        #expect(files.stamp() == before)
        try world.renew()
        #expect(files.stamp() != before)
    }
}
