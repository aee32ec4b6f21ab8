import Testing

@testable import StewardEdge

@Suite struct ServerNamesTests {
    private let names = ServerNames([
        ["first.test"], ["Shop.test", "www.shop.test"], ["*.shop.test", "*.deep.shop.test"],
        ["exact.shop.test", "shop.test"],
    ])

    @Test(arguments: [
        ("first.test", 0), ("shop.test", 1), ("SHOP.TEST", 1), ("shop.test.", 1), ("www.shop.test", 1),
        ("other.shop.test", 2), ("a.deep.shop.test", 2), ("exact.shop.test", 3),
    ])
    func aNameLeadsToItsCertificate(name: String, index: Int) {
        #expect(names.index(for: name) == index)
    }

    @Test(arguments: ["unknown.test", "a.b.shop.test", "test", "", ".", ".shop.test", "*", "127.0.0.1"])
    func whatNoCertificateNamesLeadsToTheFirst(name: String) {
        #expect(names.index(for: name) == 0)
    }

    @Test func aClientThatAsksForNothingGetsTheFirst() {
        #expect(names.index(for: nil) == 0)
    }

    @Test(arguments: [
        (UInt8(0x16), TLSDoor.Visitor.tls), (UInt8(ascii: "G"), .plain), (UInt8(ascii: "p"), .plain), (0, .unknown),
        (0x80, .unknown), (0x17, .unknown),
    ])
    func theFirstByteTellsTheVisitor(byte: UInt8, visitor: TLSDoor.Visitor) {
        #expect(TLSDoor.Visitor(firstByte: byte) == visitor)
    }
}
