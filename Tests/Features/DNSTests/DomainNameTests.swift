import StewardDNS
import Testing

@Suite struct DomainNameTests {
    @Test func namesAreEqualWhateverTheirLettersCase() {
        #expect(DomainName("Mail.Example.") == DomainName("mail.example"))
        #expect(DomainName("a.example") != DomainName("b.example"))
    }

    @Test(arguments: ["", "a..b", "\\25", "\\999"]) func whatIsNoNameIsRefused(text: String) {
        #expect(DomainName(text) == nil)
    }

    @Test func specialBytesAreWrittenSoThatTheyCanBeReadAgain() throws {
        let name = try #require(DomainName(labels: [[0x61, 0x2e, 0x00], [0xff, 0x5c]]))
        #expect(name.description == #"a\.\000.\255\\."#)
        #expect(DomainName(name.description) == name)
    }

    @Test func nameIsWithinItsZone() throws {
        let zone = try #require(DomainName("example.tw")), name = try #require(DomainName("_25._tcp.mail.EXAMPLE.tw"))
        #expect(name.isWithin(zone))
        #expect(!zone.isWithin(name))
        #expect(!DomainName("badexample.tw")!.isWithin(zone))
    }
}
