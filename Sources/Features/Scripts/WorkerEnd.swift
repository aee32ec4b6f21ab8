import Foundation
import Glibc
internal import NIOCore

/// How a process ended, in words.
func exitText(_ status: Int32) -> String {
    status < 0 ? "killed by signal \(-status) (\(String(cString: strsignal(-status))))" : "exit code \(status)"
}

extension ScriptFailure {
    /// The payload of a FAIL frame; a payload that is no JSON becomes its message.
    init(_ frame: Frame) {
        let data = Data(frame.payload.readableBytesView)
        self =
            (try? JSONDecoder().decode(ScriptFailure.self, from: data))
            ?? ScriptFailure(code: "script-error", message: String(decoding: data.prefix(2000), as: UTF8.self))
        status = (400...599).contains(frame.header.status) ? Int(frame.header.status) : 500
    }
}
