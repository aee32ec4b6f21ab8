import Foundation
import Glibc
import StewardGPU
import StewardSettings
import Testing

@testable import StewardServer

@Suite("What steward check says of GPUs")
struct GPUCheckTests {
    private static func card(_ index: Int, memory: Int = 80 << 30) -> GPUCard {
        GPUCard(uuid: "GPU-\(index)", index: index, name: "H100", memory: memory, minor: index)
    }

    private static func facts(
        _ wishes: [GPURequest], cards: Int = 2, lost: Set<Int> = [], isScript: Bool = false,
        _ change: (inout GPUSettings) -> Void = { _ in }
    ) -> GPUFacts {
        var settings = GPUSettings()
        change(&settings)
        let looks = (0..<cards).map {
            NVML.Look(card: card($0), reading: GPUReading(), loss: lost.contains($0) ? "GPU is lost" : nil)
        }
        return GPUFacts(
            settings: settings,
            wishes: wishes.map { GPUFacts.Wish(place: "/ml", zone: "/ml", request: $0, isScript: isScript) },
            callers: ["science"], hasUser: { $0 == "anna" },
            nvml: .found(GPUFacts.Sight(looks: looks, driver: "570.1")), cuda: .found(cards))
    }

    private static func problems(_ facts: GPUFacts) -> [String] {
        facts.findings.filter { $0.severity != .ok }.map { "\($0.severity) \($0.place ?? ""): \($0.message)" }
    }

    @Test("What the cards can serve is no problem, and what there is is told")
    func possible() {
        let facts = Self.facts([
            GPURequest(count: 2, memory: 80 << 30), GPURequest(count: 1, memory: 80 << 30, shareable: true),
        ])
        #expect(
            facts.findings.map(\.message) == [
                "2 GPUs, driver 570.1: 2 x H100 with 80 GiB.", "The driver answers and shows 2 devices.",
            ])
        #expect(facts.findings.allSatisfy { $0.severity == .ok })
    }

    @Test(
        "A request that can never be met is an error at its place",
        arguments: [
            (GPURequest(count: 3), "3 GPUs are asked for and this machine has 2. Its calls get 503."),
            (
                GPURequest(count: 1, memory: 81 << 30),
                "81 GiB of memory are asked for and the largest GPU has 80 GiB. Its calls get 503."
            ),
            (GPURequest(count: 1, shareable: true), "A share of a GPU needs the memory that it reserves."),
            (
                GPURequest(count: 2, memory: 1 << 30, shareable: true),
                "A share is of one GPU, and it asks for shares of 2."
            ),
        ] as [(GPURequest, String)])
    func impossible(request: GPURequest, message: String) {
        #expect(Self.problems(Self.facts([request])) == ["error /ml: \(message)"])
        let remedies = [false, true].map { isScript in
            Self.facts([request], isScript: isScript).findings.last?.remedy ?? ""
        }
        #expect(remedies[0].contains("zone") || remedies[0].contains("gpu_share"), "\(remedies)")
        #expect(remedies[1].contains("`"), "a script's field is named as Python has it: \(remedies)")
    }

    @Test("A card that fell off the bus is told and does not count")
    func lost() {
        #expect(
            Self.problems(Self.facts([GPURequest(count: 2)], lost: [1])) == [
                "error GPU 1: GPU-1 fell off the bus: GPU is lost.",
                "error /ml: 2 GPUs are asked for and this machine has 1 (1 fell off the bus). Its calls get 503.",
            ])
    }

    @Test("Absent libraries are errors where somebody needs them, and notes where the settings only speak of GPUs")
    func absent() {
        for (wishes, enabled, severity) in [
            ([GPURequest()], GPUEnabled.auto, CheckFinding.Severity.error), ([], .on, .error), ([], .auto, .note),
        ] {
            var facts = Self.facts(wishes) { $0.enabled = enabled }
            facts.nvml = .absent(reason: "No library.", remedy: "Install it.")
            facts.cuda = .absent(reason: "No driver.", remedy: nil)
            #expect(facts.findings.map(\.severity) == [severity, severity])
            #expect(facts.findings.map(\.message) == ["No library.", "No driver."])
        }
        let none = Self.facts([GPURequest()], cards: 0)
        #expect(Self.problems(none).first == "error NVML: It answers and shows no GPU, driver 570.1.")
    }

    @Test("Requests where nothing is handed out are errors")
    func off() {
        let facts = Self.facts([GPURequest(count: 1)]) { $0.enabled = .off }
        #expect(
            Self.problems(facts) == [
                "error /ml: It asks for 1 GPU, and GPUs are not handed out (gpu.enabled: off): its calls get 503."
            ])
        #expect(facts.findings.count == 1)
    }

    @Test("Shares of callers that can't come are warnings, with the nearest name")
    func shares() {
        let facts = Self.facts([]) {
            $0.shares = ["science", "sciense", "local:anna", "local:bert"].map { CallerShare(caller: $0, share: 2) }
        }
        #expect(
            Self.problems(facts) == [
                "warning gpu.shares: No key is called 'sciense'.",
                "warning gpu.shares: There is no user 'bert' on this machine.",
            ])
        #expect(facts.findings.contains { $0.remedy?.hasPrefix("Did you mean 'science'?") ?? false })
    }

    @Test("Device files that are missing or closed are told: those that the zone's own user can't open")
    func nodes() throws {
        let folder = "\(NSTemporaryDirectory())/gpu-nodes-\(getpid())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        chmod(folder, 0o755)
        for (name, mode) in [("nvidiactl", 0o666), ("nvidia-uvm", 0o666), ("nvidia0", 0o600)] as [(String, mode_t)] {
            try Data().write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
            chmod("\(folder)/\(name)", mode)
        }
        let text = "zones: {/ml: {folder: \(folder), gpu: 1}, /other: {folder: \(folder)}}"
        let settings = try ServerSettings.resolve(
            text: text, file: "s.yaml", overrides: SettingsOverrides(),
            environment: SettingsEnvironment(variables: [:], workingFolder: folder, isRoot: geteuid() == 0))
        var facts = Self.facts([GPURequest()])
        facts.closedNodes = GPUCheck.closedNodes(settings, facts.wishes, [Self.card(0), Self.card(1)], folder: folder)
        let missing = "error \(folder)/nvidia1: There is no such device file, and CUDA fails without."
        let problems = Self.problems(facts)
        #expect(problems.first == missing)
        guard geteuid() == 0 else {
            #expect(problems.count == 1)
            return
        }
        let user = try #require(facts.closedNodes.first).user
        #expect(
            problems.dropFirst() == [
                "error /ml: Its scripts run as user \(user), who can't open \(folder)/nvidia0 for reading and writing."
            ])
        chmod("\(folder)/nvidia0", 0o666)
        let open = GPUCheck.closedNodes(settings, facts.wishes, [Self.card(0)], folder: folder)
        #expect(open.isEmpty)
    }
}
