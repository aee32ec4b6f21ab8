import ArgumentParser
import Foundation
import NIOHTTP1
import Testing

@testable import StewardCommandLine

@Suite("Requests of steward call")
struct RequestTests {
    @Test(
        "The target gets its slash, and what a URI can't carry is escaped",
        arguments: [
            ("hello.py?name=Rico", "/hello.py?name=Rico"), ("/a b.py", "/a%20b.py"), ("/ä?x=\"", "/%C3%A4?x=%22"),
            ("/a%20b", "/a%20b"), ("/a#b", "/a%23b"), ("", "/"),
        ])
    func targets(text: String, target: String) {
        #expect(LocalRequest.target(text) == target)
    }

    @Test(
        "Data that parses as JSON is sent as JSON, anything else as a form",
        arguments: [
            (["{\"month\":\"2026-11\"}"], "application/json"), (["[1]"], "application/json"),
            (["5"], "application/json"),
            (["a=1"], "application/x-www-form-urlencoded"), (["{\"a\":"], "application/x-www-form-urlencoded"),
            ([""], "application/x-www-form-urlencoded"), (["{}", "{}"], "application/x-www-form-urlencoded"),
        ])
    func contentTypes(data: [String], type: String) throws {
        let request = try CallRequest.make(path: "/x", method: nil, data: data, headers: [])
        #expect(request.headers["content-type"] == [type])
        #expect(request.method == .POST)
        #expect(request.body == Array(data.joined(separator: "&").utf8))
    }

    @Test("A content type and a method that are given win")
    func given() throws {
        let request = try CallRequest.make(
            path: "/x", method: "PUT", data: ["{}"], headers: ["content-Type: text/plain"])
        #expect(request.method == .PUT)
        #expect(request.headers["Content-Type"] == ["text/plain"])
        #expect(try CallRequest.make(path: "/x", method: nil, data: [], headers: []).method == .GET)
    }

    @Test("A file is sent as it is")
    func file() throws {
        let path = NSTemporaryDirectory() + "steward-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data([0, 10, 13, 255]).write(to: URL(fileURLWithPath: path))
        #expect(
            try CallRequest.make(path: "/x", method: nil, data: ["@\(path)"], headers: []).body == [0, 10, 13, 255])
        #expect(throws: CommandFailure.self) {
            try CallRequest.make(path: "/x", method: nil, data: ["@\(path)-not"], headers: [])
        }
    }

    @Test("What is no header field is refused", arguments: ["X", ": a", "a b: c", "a: b\r\nc: d", "ä: b"])
    func badFields(text: String) {
        #expect(throws: ValidationError.self) { try CallRequest.field(text) }
    }

    @Test("The head frames the body by its length and closes the connection")
    func head() {
        var request = LocalRequest(method: .POST, target: "/x", body: [1, 2, 3])
        request.headers.add(name: "Content-Length", value: "9")
        let head = request.head(version: "1")
        #expect(head.headers["content-length"] == ["3"])
        #expect(head.headers["connection"] == ["close"])
        #expect(head.headers["host"] == ["localhost"])
    }
}
