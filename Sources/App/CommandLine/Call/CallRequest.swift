import ArgumentParser
import Foundation
import NIOHTTP1

/// Turns the options of `steward call` into a request.
enum CallRequest {
    /// The request; reads the files and standard input that `data` names.
    static func make(path: String, method: String?, data: [String], headers: [String]) throws -> LocalRequest {
        var request = LocalRequest(target: LocalRequest.target(path))
        for header in headers {
            let (name, value) = try field(header)
            request.headers.add(name: name, value: value)
        }
        if !data.isEmpty {
            let body = try body(data)
            request.method = .POST
            request.body = body
            if !request.headers.contains(name: "content-type") {
                request.headers.add(
                    name: "Content-Type", value: isJSON(body) ? "application/json" : "application/x-www-form-urlencoded"
                )
            }
        }
        if let method { request.method = HTTPMethod(rawValue: method) }
        return request
    }

    /// Splits `Name: value`.
    static func field(_ text: String) throws(ValidationError) -> (name: String, value: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, isToken(parts[0]),
            !parts[1].utf8.contains(where: { $0 < 0x20 && $0 != 9 || $0 == 0x7f })
        else { throw ValidationError("-H: '\(text)' is no header field; write 'Name: value'.") }
        return (parts[0], parts[1].trimmingCharacters(in: .whitespaces))
    }

    /// Whether `text` is a token (RFC 9110, section 5.6.2).
    static func isToken(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    /// Whether `body` is one JSON value (RFC 8259).
    static func isJSON(_ body: [UInt8]) -> Bool {
        (try? JSONSerialization.jsonObject(with: Data(body), options: .fragmentsAllowed)) != nil
    }

    private static func body(_ data: [String]) throws -> [UInt8] {
        var body: [UInt8] = []
        for (index, item) in data.enumerated() {
            if index > 0 { body.append(UInt8(ascii: "&")) }
            body += try bytes(item)
        }
        return body
    }

    private static func bytes(_ item: String) throws -> [UInt8] {
        if item == "-" || item == "@-" { return Array(FileHandle.standardInput.readDataToEndOfFile()) }
        guard item.hasPrefix("@") else { return Array(item.utf8) }
        let file = String(item.dropFirst())
        do { return Array(try Data(contentsOf: URL(fileURLWithPath: file))) } catch {
            throw CommandFailure("-d: can't read \(file): \(FileReason.of(error))")
        }
    }
}
