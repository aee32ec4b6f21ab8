import Testing

@testable import StewardProbe

@Suite("The server's first TLS records")
struct HelloReaderTests {
    private func record(_ type: UInt8, _ content: [UInt8]) -> [UInt8] {
        [type, 3, 3, UInt8(content.count >> 8), UInt8(content.count & 255)] + content
    }

    private func hello(session: Int = 32, extensions: [UInt8] = [0, 43, 0, 2, 3, 4]) -> [UInt8] {
        let body: [UInt8] =
            [3, 3] + [UInt8](repeating: 9, count: 32) + [UInt8(session)] + [UInt8](repeating: 1, count: session)
            + [0x13, 0x01, 0] + [0, UInt8(extensions.count)] + extensions
        return [2, 0, 0, UInt8(body.count)] + body
    }

    @Test("supported_versions tells TLS 1.3, its absence the legacy version")
    func versions() {
        var reader = HelloReader()
        #expect(reader.receive(record(22, hello())) == .hello(version: .tls13, cipher: 0x1301))
        reader = HelloReader()
        #expect(
            reader.receive(record(22, hello(session: 0, extensions: []))) == .hello(version: .tls12, cipher: 0x1301))
        #expect(reader.receive(record(22, hello())) == nil)
    }

    @Test("a hello in many records and single bytes is put together")
    func fragments() {
        let message = hello()
        let bytes = record(22, Array(message[..<10])) + record(22, Array(message[10...]))
        var reader = HelloReader()
        let verdicts = bytes.compactMap { reader.receive([$0]) }
        #expect(verdicts == [.hello(version: .tls13, cipher: 0x1301)])
    }

    @Test("alerts and plain text are told apart")
    func others() {
        var reader = HelloReader()
        #expect(reader.receive(record(21, [2, 40])) == .alert(40))
        reader = HelloReader()
        #expect(reader.receive(Array("220 mail\r\n".utf8)) == .otherProtocol("220 mail??"))
        #expect(TLSNames.alert(40) == "handshake_failure")
        #expect(TLSNames.alert(200) == "alert 200")
        #expect(TLSNames.cipher(0x1301) == "TLS_AES_128_GCM_SHA256")
        #expect(TLSNames.cipher(0xfefe) == "0xFEFE")
    }

    @Test("mutated and cut hellos never trap")
    func mutations() {
        var random = SplitMix(seed: 3)
        let good = record(22, hello())
        for _ in 0..<20_000 {
            var bytes = Array(good.prefix(.random(in: 1...good.count, using: &random)))
            for _ in 0..<3 {
                bytes[.random(in: bytes.indices, using: &random)] = .random(in: 0...255, using: &random)
            }
            var reader = HelloReader()
            _ = reader.receive(bytes)
            _ = reader.receive(good)
        }
    }
}
