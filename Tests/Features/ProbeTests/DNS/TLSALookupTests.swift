import Dispatch
import Glibc
import Synchronization
import Testing

@testable import StewardProbe

@Suite struct TLSALookupTests {
    /// A name server on a free port of 127.0.0.1 that answers each question with what `answer` makes of it.
    private final class NameServer: Sendable {
        let port: UInt16
        /// The thread closes the socket itself: a number that is closed under it may be another server's by then.
        private let end = End()

        private final class End: Sendable {
            let isHere = Atomic<Bool>(false)
        }

        init(_ answer: @escaping @Sendable ([UInt8]) -> [UInt8]?) {
            let descriptor = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
            var patience = timeval(tv_sec: 0, tv_usec: 50_000)
            setsockopt(
                descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            port = withUnsafeMutableBytes(of: &address) { bytes in
                let plain = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
                guard bind(descriptor, plain, length) == 0, getsockname(descriptor, plain, &length) == 0 else {
                    return 0
                }
                return UInt16(bytes[2]) << 8 | UInt16(bytes[3])
            }
            let end = end
            DispatchQueue(label: "name server").async {
                while !end.isHere.load(ordering: .relaxed) { Self.serve(descriptor, answer) }
                close(descriptor)
            }
        }

        deinit { end.isHere.store(true, ordering: .relaxed) }

        private static func serve(_ socket: Int32, _ answer: ([UInt8]) -> [UInt8]?) {
            var (question, peer) = ([UInt8](repeating: 0, count: 4096), sockaddr_storage())
            var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
            withUnsafeMutableBytes(of: &peer) { bytes in
                let plain = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
                let count = recvfrom(socket, &question, question.count, 0, plain, &length)
                guard count > 12 else { return }
                if let reply = answer(Array(question.prefix(count))) {
                    sendto(socket, reply, reply.count, 0, plain, length)
                }
            }
        }
    }

    private func lookup(_ server: NameServer) -> TLSALookup { TLSALookup(server: .init(port: server.port)) }

    @Test func recordsAreFoundUnderThePortsName() async {
        let server = NameServer { question in
            let isAsked = question[12...].starts(with: DNSMessage.question("_25._tcp.mail.example")[12...])
            return DNSMessage.answer(to: question, code: isAsked ? 0 : 3, isAsked ? [(52, [3, 1, 1, 8, 9])] : [])
        }
        let lookup = lookup(server)
        let record = TLSARecord(selector: 1, matching: 1, bytes: [8, 9])
        #expect(await lookup.records(of: "mail.example", port: 25) == .records([record]))
        #expect(await lookup.records(of: "mail.example", port: 443) == .records([]))
        #expect(await lookup.records(of: String(repeating: "a", count: 300), port: 25) == .records([]))
        #expect(await lookup.records(of: "mail\0.example", port: 25) == .records([]))
        withExtendedLifetime(server) {}
    }

    @Test func manyAtOnceGetTheirOwnAnswers() async {
        let server = NameServer { DNSMessage.answer(to: $0, [(52, [3, 1, 1, $0[22]])]) }
        let lookup = lookup(server)
        await withTaskGroup(of: Bool.self) { group in
            for letter in UInt8(ascii: "a")...UInt8(ascii: "z") {
                group.addTask {
                    let name = String(decoding: [letter], as: UTF8.self) + ".example"
                    let expected = TLSARecord(selector: 1, matching: 1, bytes: [letter])
                    return await lookup.records(of: name, port: 25) == .records([expected])
                }
            }
            for await isRight in group { #expect(isRight) }
        }
        withExtendedLifetime(server) {}
    }

    @Test func aServerThatFailsLeavesItUnknown() async {
        let server = NameServer { DNSMessage.answer(to: $0, code: 2, []) }
        #expect(await lookup(server).records(of: "a.example", port: 25) == .unknown("no name server answered"))
        withExtendedLifetime(server) {}
    }

    @Test func aCancelledCallerIsNotKeptWaitingForASilentServer() async {
        let server = NameServer { _ in nil }
        let lookup = lookup(server)
        let begun = ContinuousClock.now
        let task = Task { await lookup.records(of: "a.example", port: 25) }
        try? await Task.sleep(for: .milliseconds(100))
        task.cancel()
        #expect(await task.value == .unknown("it was cancelled"))
        #expect(ContinuousClock.now - begun < .seconds(2))
        withExtendedLifetime(server) {}
    }
}
