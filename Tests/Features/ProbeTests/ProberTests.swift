import Foundation
import NIOCore
import NIOSSL
import Testing

@testable import StewardProbe

@Suite("Probing real sockets")
struct ProberTests {
    private let limits = ProbeLimits(
        connect: .seconds(2), dialogue: .milliseconds(400), handshake: .milliseconds(400), farewell: .milliseconds(300))

    private func failure(_ target: ProbeTarget, _ prober: Prober? = nil) async throws -> ProbeFailure {
        let prober = try prober ?? Prober(limits: limits)
        do {
            let presentation = try await prober.probe(target)
            Issue.record("it succeeded: \(presentation)")
            throw CancellationError()
        } catch let error as ProbeFailure {
            return error
        }
    }

    @Test("plain TLS gives chain, version and cipher suite")
    func plain() async throws {
        let security = try TestServer.security()
        let server = try await TestServer { [NIOSSLServerHandler(context: security)] }
        let seen = try await Prober().probe(server.target())
        #expect(seen.chain == [try TestServer.certificate.toDERBytes()])
        #expect(seen.version == .tls13)
        #expect(seen.cipher.hasPrefix("TLS_"))
        #expect(seen.refusal == nil)
        await server.stop()
    }

    @Test("an IPv6 address is probed the same")
    func sixth() async throws {
        let security = try TestServer.security()
        guard let server = try? await TestServer(on: "::1", { [NIOSSLServerHandler(context: security)] }) else {
            return
        }
        let seen = try await Prober().probe(ProbeTarget("::1", port: server.port))
        #expect(seen.chain.count == 1)
        #expect(seen.target.endpoint == "[::1]:\(server.port)")
        await server.stop()
    }

    @Test("a link-local address goes with its interface, and only such a one")
    func linkLocal() async throws {
        // Nobody has it: there is an error of connecting, and none of reading the address.
        let failure = try await failure(ProbeTarget("fe80::5e5e%lo", port: 9))
        #expect(failure.phase == .connect && failure.target.endpoint == "[fe80::5e5e%lo]:9", "\(failure)")
        for text in ["127.0.0.1%lo", "localhost%lo", "fe80::1%no-such-one", "fe80::g%lo"] {
            let failure = try await self.failure(ProbeTarget(text, port: 9))
            #expect(failure.reason == .local && failure.text == "'\(text)' isn't an address in digits", "\(failure)")
        }
    }

    @Test("STARTTLS on SMTP keeps what was said")
    func smtp() async throws {
        let server = try await TestServer.lines(
            ["220 mx.example\r\n", "250-mx.example\r\n250 STARTTLS\r\n", "220 go\r\n"], then: TestServer.security())
        let seen = try await Prober().probe(server.target(.smtp))
        #expect(seen.chain.count == 1)
        #expect(seen.dialogue.serverName == "mx.example")
        #expect(seen.dialogue.replies.map(\.code) == [220, 250, 220])
        await server.stop()
    }

    @Test("TLS 1.0 is accepted and said")
    func old() async throws {
        let security = try TestServer.security {
            $0.minimumTLSVersion = .tlsv1
            $0.maximumTLSVersion = .tlsv1
        }
        let server = try await TestServer { [NIOSSLServerHandler(context: security)] }
        let seen = try await Prober().probe(server.target())
        #expect(seen.version.description == "TLSv1")
        #expect(seen.version < .tls12)
        await server.stop()
    }

    @Test("a server that wants a client's certificate still shows its own", arguments: [TLSVersion.tlsv12, .tlsv13])
    func clientCertificate(_ version: TLSVersion) async throws {
        let security = try TestServer.security {
            $0.certificateVerification = .noHostnameVerification
            $0.trustRoots = .certificates([])
            $0.minimumTLSVersion = version
            $0.maximumTLSVersion = version
        }
        let server = try await TestServer.lines(
            ["220 a\r\n", "250-a\r\n250 STARTTLS\r\n", "220 go\r\n"], then: security)
        // What the server says to it comes a moment after the handshake.
        let prober = try Prober(
            limits: ProbeLimits(
                connect: .seconds(5), dialogue: .seconds(10), handshake: .seconds(10), farewell: .seconds(5)))
        let chain: [[UInt8]]
        do {
            let seen = try await prober.probe(server.target(.smtp))
            #expect(version == .tlsv13)
            #expect(seen.refusal != nil)
            chain = seen.chain
        } catch {
            #expect(version == .tlsv12)
            #expect(error.reason == .tls)
            chain = error.chain
        }
        #expect(chain == [try TestServer.certificate.toDERBytes()])
        await server.stop()
    }

    @Test("an offer that the server's only key doesn't suit is a TLS failure, and then comes no second certificate")
    func offers() async throws {
        let security = try TestServer.security()
        let server = try await TestServer { [NIOSSLServerHandler(context: security)] }
        let prober = try Prober()
        do {
            _ = try await prober.probe(server.target(), offer: .rsa)
            Issue.record("an RSA offer was met by an ECDSA key")
        } catch {
            #expect(error.reason == .tls)
            #expect(error.text.contains("handshake_failure"))
        }
        #expect(await prober.probeEveryKey(server.target()).count == 1)
        await server.stop()
    }

    @Test("a port where nothing listens is refused")
    func refused() async throws {
        let server = try await TestServer { [] }
        let target = server.target()
        await server.stop()
        let failure = try await failure(target)
        #expect(failure.reason == .refused)
        #expect(failure.phase == .connect)
    }

    @Test("servers that say nothing, drip or never finish are left at the deadline", .timeLimit(.minutes(10)))
    func deadlines() async throws {
        let silent = try await TestServer { [] }
        let dripping = try await TestServer { [Sayer("2", pause: .milliseconds(20))] }
        let first = try await failure(silent.target(.smtp))
        #expect(first.reason == .timeout)
        #expect(first.phase == .dialogue)
        let second = try await failure(silent.target())
        #expect(second.reason == .timeout)
        #expect(second.phase == .handshake)
        let third = try await failure(dripping.target(.smtp))
        #expect(third.reason == .timeout)
        await silent.stop()
        await dripping.stop()
    }

    @Test("garbage, plain text and an early end are told apart")
    func garbage() async throws {
        let plain = try await TestServer { [Sayer("HTTP/1.1 400 Bad Request\r\n\r\n")] }
        let closing = try await TestServer { [Sayer("220 a\r\n", closes: true)] }
        let first = try await failure(plain.target())
        #expect(first.reason == .tls)
        #expect(first.text.contains("plain text: 'HTTP/1.1 400"))
        #expect(try await failure(plain.target(.imap)).reason == .unintelligible)
        #expect(try await failure(closing.target(.smtp)).reason == .closed)
        await plain.stop()
        await closing.stop()
    }

    @Test("a name or an address that can't be probed is told before anything is sent")
    func flaws() async throws {
        #expect(try await failure(ProbeTarget("127.0.0.1", port: 1, name: "a b")).reason == .local)
        #expect(try await failure(ProbeTarget("127.0.0.1", port: 0)).reason == .local)
        #expect(try await failure(ProbeTarget("localhost", port: 1)).reason == .local)
        #expect(
            try await failure(ProbeTarget("127.0.0.1", port: 1, dialect: .smtp, clientName: "a\r\nQUIT")).reason
                == .local)
    }

    @Test("a probe that is cancelled ends at once, waiting ones too", .timeLimit(.minutes(10)))
    func cancelled() async throws {
        let silent = try await TestServer { [] }
        let hour = Duration.seconds(3600)
        let prober = try Prober(
            limits: ProbeLimits(connect: hour, dialogue: hour, handshake: hour, farewell: hour), atOnce: 1)
        let target = silent.target()
        await withTaskGroup(of: ProbeFailure.Reason?.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    do throws(ProbeFailure) {
                        _ = try await prober.probe(target)
                        return nil
                    } catch { return error.reason }
                }
            }
            try? await Task.sleep(for: .milliseconds(100))
            group.cancelAll()
            for await reason in group { #expect(reason == .cancelled) }
        }
        await silent.stop()
    }

    @Test("a thousand probes leave no descriptor behind")
    func descriptors() async throws {
        let security = try TestServer.security()
        let server = try await TestServer { [NIOSSLServerHandler(context: security)] }
        let plain = try await TestServer { [Sayer("nonsense\r\n")] }
        let prober = try Prober(limits: limits, atOnce: 100)
        let targets = [server.target(), plain.target(), plain.target(.smtp), ProbeTarget("127.0.0.1", port: 1)]
        _ = try? await prober.probe(targets[0])
        let before = open()
        await withTaskGroup(of: Void.self) { group in
            for index in 0..<1_000 {
                group.addTask { _ = try? await prober.probe(targets[index % targets.count]) }
            }
        }
        try await Task.sleep(for: .milliseconds(500))
        #expect(open() <= before + 8)
        await server.stop()
        await plain.stop()
    }

    private func open() -> Int { (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0 }
}
