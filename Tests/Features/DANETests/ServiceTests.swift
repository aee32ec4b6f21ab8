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
