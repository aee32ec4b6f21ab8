import StewardDANE
import StewardDNS
import StewardProbe
import Testing

@Suite struct ServiceTests {
    @Test func usualPortNeedsNoProtocol() {
        #expect(Service(text: "mail.example:25")?.description == "mail.example:25 smtp")
        #expect(Service(text: "mail.example:993 imaps")?.dialect == .tls)
        #expect(Service(text: "mail.example:2525") == nil)
    }

    @Test(arguments: [
        "[2001:db8::1]:25", "2001:db8::1:25", "::1", "192.0.2.1:25", "[mail.example]:25", "fe80::1%eth0:25",
    ])
    func anAddressIsNoService(text: String) {
        #expect(Service(text: text) == nil)
    }

    @Test func ownerHasPortAndTransport() {
        #expect(Service(text: "mail.example:25")?.owner?.description == "_25._tcp.mail.example.")
    }

    @Test func formsAreThoseThatAChainCanGive() {
        #expect(RecordForm(text: "3 1 1") == .recommended)
        #expect(RecordForm(text: "311") == .recommended)
        #expect(RecordForm(text: "4 1 1") == nil)
        #expect(RecordForm(text: "3 1 3") == nil)
    }
}
