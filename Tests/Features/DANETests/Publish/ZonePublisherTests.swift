import StewardDNS
import Testing

@testable import StewardDANE

@Suite struct ZonePublisherTests {
    private func zone(_ change: (inout DANESettings.Zone) -> Void) -> DANESettings.Zone {
        var zone = DANESettings.Zone()
        zone.name = "example"
        change(&zone)
        return zone
    }

    @Test("One of update, file and program is what changes the zone")
    func one() throws {
        let client = DNSClient()
        let update = zone { ($0.update.server, $0.update.key) = ("192.0.2.1", "/etc/bind/steward.key") }
        #expect(try update.publisher(exchange: client).place == "UPDATE to 192.0.2.1:53")
        let file = try zone { $0.file.path = "/etc/bind/db.example" }.publisher(exchange: client)
        #expect(file.place == "/etc/bind/db.example")
        #expect((file as? FilePublisher)?.server == NameServer("127.0.0.1"))
        let program = zone { ($0.program, $0.servers) = (["/bin/publish", "x"], ["192.0.2.1:5300"]) }
        #expect(try program.publisher(exchange: client).place == "/bin/publish x")
    }

    @Test("None, several, and what lacks something is refused, with the field")
    func refused() {
        expect("Nothing says how", zone { _ in })
        expect("'update' and 'file' are set", zone { ($0.update.server, $0.file.path) = ("192.0.2.1", "/f") })
        expect("update.key", zone { $0.update.server = "192.0.2.1" })
        expect("update.server", zone { ($0.update.server, $0.update.key) = ("ns1.example", "/k") })
        expect("file.rndc", zone { ($0.file.path, $0.file.rndc) = ("/f", []) })
        expect("servers", zone { $0.program = ["/p"] })
        expect("'' is no domain name", zone { ($0.name, $0.program) = ("", ["/p"]) })
    }

    private func expect(_ text: String, _ zone: DANESettings.Zone) {
        let error = #expect(throws: PublishFailure.self) { try zone.publisher(exchange: DNSClient()) }
        #expect(error?.code == "settings" && error?.text.contains(text) == true, "\(error?.text ?? "")")
    }

    @Test("The key file is read when it is needed, and found wanting by name")
    func keyFile() async throws {
        let primary = try await TestPrimary()
        let change = RRsetChange.test([], add: [TestPrimary.data(1)])
        let settings = zone { ($0.update.server, $0.update.key) = ("\(primary.server)", primary.folder + "/later.key") }
        let publisher = try settings.publisher(exchange: primary.client)
        #expect(await publisher.failure(change)?.code == "key-unreadable")
        try primary.write("later.key", try primary.read("steward.key"))
        try await publisher.publish(change)
    }
}
