import Foundation
import StewardCompute

/// How a cell reads: the shortest text that gives the same value again.
enum CellText {
    static func text(_ bytes: [UInt8], _ element: ElementType, at index: Int) -> String {
        bytes.withUnsafeBytes { all in
            let pointer = all.baseAddress! + index * element.size
            switch element {
            case .float: return "\(pointer.loadUnaligned(as: Float.self))"
            case .float16: return "\(Float(Float16(bitPattern: pointer.loadUnaligned(as: UInt16.self))))"
            default: return "\(LaunchArgument.Number(element, at: pointer))"
            }
        }
    }
}

/// A file that a whole output is written to: `.npy`, `.txt` (a cell a line), or raw cells.
struct OutputFile {
    let path: String

    func write(_ bytes: [UInt8], _ element: ElementType, count: Int) throws {
        var data = Data()
        if path.hasSuffix(".txt") {
            for index in 0..<count { data.append(contentsOf: (CellText.text(bytes, element, at: index) + "\n").utf8) }
        } else {
            if path.hasSuffix(".npy") { data.append(contentsOf: try Self.head(element, count: count)) }
            data.append(contentsOf: bytes)
        }
        do { try data.write(to: URL(fileURLWithPath: path)) } catch {
            let code = ((error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError)?.code ?? 0
            throw ComputeError(
                .arguments,
                "\(path) can't be written: \(code > 0 ? String(cString: strerror(Int32(code))) : "\(error)").")
        }
    }

    /// NumPy's head, format 1.0 (NEP 1): one dimension, little-endian.
    static func head(_ element: ElementType, count: Int) throws(ComputeError) -> [UInt8] {
        let kind: String? =
            switch element {
            case .int8: "|i1"
            case .uint8: "|u1"
            case .int16: "<i2"
            case .uint16: "<u2"
            case .int32: "<i4"
            case .uint32: "<u4"
            case .int64: "<i8"
            case .uint64: "<u8"
            case .float16: "<f2"
            case .float: "<f4"
            case .double: "<f8"
            case .bfloat16: nil
            }
        guard let kind else {
            throw ComputeError(.arguments, "NumPy has no bfloat16: write to a file without .npy, raw cells.")
        }
        var text = "{'descr': '\(kind)', 'fortran_order': False, 'shape': (\(count),), }"
        text += String(repeating: " ", count: 63 - (10 + text.utf8.count) % 64) + "\n"
        let length = text.utf8.count
        return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 0xff), UInt8(length >> 8)] + Array(text.utf8)
    }
}
