import Foundation

/// The table of Tests/EndToEnd/edge/cases.txt.
enum FramingCases {
    /// The bytes of every case.
    static let raw: [[UInt8]] = {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let table = folder.appendingPathComponent("../../EndToEnd/edge/cases.txt")
        let text = (try? String(contentsOf: table, encoding: .utf8)) ?? ""
        return text.components(separatedBy: "\n\n").map { block in
            block.split(separator: "\n").filter { $0.hasPrefix("> ") }.flatMap { bytes(of: $0.dropFirst(2)) }
        }.filter { !$0.isEmpty }
    }()

    /// `\r \n \t \xNN`, and `{text*count}` for repeats.
    private static func bytes(of line: Substring) -> [UInt8] {
        var line = String(line)
        if let found = line.firstMatch(of: /\{(.*?)\*(\d+)\}/) {
            let repeated = String(repeating: String(found.1), count: Int(found.2)!)
            line.replaceSubrange(found.range, with: repeated)
        }
        var out: [UInt8] = []
        var rest = Array(line.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\"), let code = rest.popFirst() else {
                out.append(byte)
                continue
            }
            switch code {
            case UInt8(ascii: "r"): out.append(13)
            case UInt8(ascii: "n"): out.append(10)
            case UInt8(ascii: "t"): out.append(9)
            default:
                out.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
                rest = rest.dropFirst(2)
            }
        }
        return out
    }
}
