import Foundation
import Glibc
internal import NIOCore

/// How a process ended, in words.
func exitText(_ status: Int32) -> String {
    guard status < 0 else { return "exit code \(status)" }
    // The zygote's word: no sum of it may overflow.
    let signal = status.magnitude
    return "killed by signal \(signal) (\(String(cString: strsignal(Int32(clamping: signal)))))"
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
