import Foundation
import StewardAPI

/// A source as the command line names it.
struct KernelFile {
    private let path: String

    init(_ path: String) { self.path = path }

    /// As diagnostics call it.
    var name: String { path == "-" ? "kernel.cu" : path }

    /// CUDA C.
    /// - Throws: `CommandFailure` with the reason.
    func text() throws -> String {
        guard path != "-" else {
            return String(decoding: FileHandle.standardInput.readDataToEndOfFile(), as: UTF8.self)
        }
        let data: Data
        do { data = try Data(contentsOf: URL(fileURLWithPath: path)) } catch {
            throw CommandFailure(
                "can't read \(path): \(FileReason.of(error))", hint: "name a file of CUDA C, or - for standard input")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw CommandFailure("\(path) is not UTF-8 text: a kernel is CUDA C")
        }
        return text
    }

    /// `NAME=VALUE` each; a name alone is 1.
    static func definitions(_ words: [String]) -> [String: String] {
        Dictionary(
            words.map { word in
                let parts = word.split(separator: "=", maxSplits: 1).map(String.init)
                return (parts.first ?? "", parts.count > 1 ? parts[1] : "1")
            }, uniquingKeysWith: { $1 })
    }
}
