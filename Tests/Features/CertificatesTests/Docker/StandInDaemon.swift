import Foundation

/// A Unix socket that answers like a Docker daemon: fixed bytes for each target. No Docker engine runs in tests.
final class StandInDaemon: Sendable {
    let path: String
    private let descriptor: Int32

    /// - Parameter answers: the whole answer by target, as pieces that are sent one after the other; an empty piece is a
    ///   pause that lasts until the client goes.
    init(_ answers: [String: [String]]) throws {
        path = NSTemporaryDirectory() + "docker-\(UInt32.random(in: 0...UInt32.max)).sock"
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { [path] in $0.copyBytes(from: path.utf8) }
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { [descriptor] in
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard descriptor >= 0, bound == 0, listen(descriptor, 8) == 0 else { throw CocoaError(.fileWriteUnknown) }
        Thread.detachNewThread { [descriptor] in
            while true {
                let client = accept(descriptor, nil, nil)
                if client < 0 {
                    // Closed here alone: another test's socket may get the number at once.
                    close(descriptor)
                    return
                }
                Self.answer(client, answers)
                close(client)
            }
        }
    }

    deinit {
        shutdown(descriptor, Int32(SHUT_RDWR))
        unlink(path)
    }

    private static func answer(_ client: Int32, _ answers: [String: [String]]) {
        var request = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while !request.hasSuffix("\r\n\r\n") {
            let count = recv(client, &buffer, buffer.count, 0)
            if count <= 0 { return }
            request += String(decoding: buffer[..<count], as: UTF8.self)
        }
        let target = request.split(separator: " ").dropFirst().first.map(String.init) ?? ""
        for piece in answers[target] ?? ["HTTP/1.1 404 Not Found\r\nContent-Length: 19\r\n\r\n{\"message\":\"no\"}   "]
        {
            if piece.isEmpty {
                _ = recv(client, &buffer, buffer.count, 0)
                return
            }
            _ = send(client, piece, piece.utf8.count, Int32(MSG_NOSIGNAL))
        }
    }

    /// An answer with a body of a length.
    static func counted(_ body: String) -> [String] {
        ["HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body]
    }

    /// The same in chunks of 7 bytes, cut at odd places.
    static func chunked(_ body: String) -> [String] {
        var pieces = ["HTTP/1.1 200 OK\r\nTransfer-Enco", "ding: chunked\r\n\r\n"]
        var rest = Array(body.utf8)[...]
        while !rest.isEmpty {
            let chunk = rest.prefix(7)
            pieces.append(String(chunk.count, radix: 16) + ";x=1\r")
            pieces.append("\n" + String(decoding: chunk, as: UTF8.self) + "\r\n")
            rest = rest.dropFirst(7)
        }
        return pieces + ["0\r\nX: y\r\n\r\n"]
    }
}
