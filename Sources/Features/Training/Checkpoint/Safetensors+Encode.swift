extension Safetensors {
    /// The bytes of a file with these fp32 tensors, in this order.
    public static func encode(
        _ tensors: [(name: String, shape: Shape, values: [Float])], metadata: [String: String] = [:]
    ) -> [UInt8] {
        var bytes = header(tensors.map { ($0.name, $0.shape) }, metadata: metadata)
        bytes.reserveCapacity(bytes.count + tensors.reduce(0) { $0 + 4 * $1.shape.count })
        for tensor in tensors {
            precondition(tensor.values.count == tensor.shape.count, "\(tensor.name) has another shape")
            tensor.values.withUnsafeBytes { bytes += $0 }
        }
        return bytes
    }

    /// What stands before the cells of these fp32 tensors, which follow in this order without gaps.
    static func header(_ tensors: [(name: String, shape: Shape)], metadata: [String: String]) -> [UInt8] {
        var members: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }
            members.append("\"__metadata__\":{\(pairs.joined(separator: ","))}")
        }
        var offset = 0
        for tensor in tensors {
            let end = offset + 4 * tensor.shape.count
            let shape = tensor.shape.dimensions.map(String.init).joined(separator: ",")
            members.append(
                "\(quoted(tensor.name)):{\"dtype\":\"F32\",\"shape\":[\(shape)],\"data_offsets\":[\(offset),\(end)]}")
            offset = end
        }
        var header = Array("{\(members.joined(separator: ","))}".utf8)
        // The data begin at a multiple of 8.
        header += [UInt8](repeating: 32, count: (8 - header.count % 8) % 8)
        return (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case _ where scalar.value < 32 || scalar.value == 127:
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
