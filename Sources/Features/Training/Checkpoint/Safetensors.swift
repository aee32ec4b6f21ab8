/// A file of named tensors: eight bytes with the header's length, a header in JSON, the data
/// (https://github.com/huggingface/safetensors, "Format").
public struct Safetensors: Sendable {
    /// One tensor.
    public struct Entry: Hashable, Sendable {
        /// As the file has it.
        public var name: String
        /// `F32`, `I64`, ...
        public var type: String
        /// Its dimensions.
        public var shape: [Int]
        /// Where its bytes lie in the data.
        public var range: Range<Int>
    }

    /// The file, as messages name it.
    public let file: String
    /// `__metadata__`
    public let metadata: [String: String]
    /// In the order of their places.
    public let entries: [Entry]
    private let data: ArraySlice<UInt8>
    private let places: [String: Int]

    /// Bits of one cell of each type.
    static let bits = [
        "BOOL": 8, "U8": 8, "I8": 8, "F8_E5M2": 8, "F8_E4M3": 8, "I16": 16, "U16": 16, "F16": 16, "BF16": 16,
        "I32": 32, "U32": 32, "F32": 32, "F64": 64, "I64": 64, "U64": 64,
    ]
    /// Longer headers are refused, as the format's own library does.
    static let longestHeader = 100_000_000

    /// Reads a whole file and checks it: lengths, types, that every byte of the data belongs to one tensor.
    /// - Throws: ``TrainingError/Code/checkpoint`` that names the file, the tensor, what was expected and found.
    public init(_ bytes: [UInt8], file: String) throws(TrainingError) {
        guard bytes.count >= 8 else {
            throw Self.refuse(file, "it has \(bytes.count) bytes, and the header's length alone takes 8")
        }
        let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << (8 * UInt64($1)) }
        guard length <= UInt64(Self.longestHeader), Int(length) <= bytes.count - 8 else {
            throw Self.refuse(
                file, "its header should have \(length) bytes, and \(bytes.count - 8) follow: it is cut short")
        }
        var parser = SafetensorsHeader(bytes[8..<8 + Int(length)])
        let header: SafetensorsHeader.Content
        do throws(SafetensorsHeader.Failure) {
            header = try parser.read()
        } catch {
            throw Self.refuse(file, "its header is wrong at byte \(error.place): \(error.reason)")
        }
        self.file = file
        metadata = header.metadata
        data = bytes[(8 + Int(length))...]
        entries = try Self.check(header.entries, dataCount: data.count, file: file)
        places = Dictionary(uniqueKeysWithValues: entries.enumerated().map { ($1.name, $0) })
    }

    private static func check(
        _ entries: [Entry], dataCount: Int, file: String
    ) throws(TrainingError) -> [Entry] {
        let sorted = entries.sorted {
            ($0.range.lowerBound, $0.range.upperBound) < ($1.range.lowerBound, $1.range.upperBound)
        }
        var end = 0
        for entry in sorted {
            guard let bits = Self.bits[entry.type] else {
                throw refuse(file, "tensor \(entry.name) has the unknown type \(entry.type)")
            }
            var size = bits / 8
            for dimension in entry.shape {
                let (product, overflows) = size.multipliedReportingOverflow(by: dimension)
                guard !overflows else { throw refuse(file, "tensor \(entry.name) is too large: \(entry.shape)") }
                size = product
            }
            guard entry.range.count == size else {
                throw refuse(
                    file,
                    "tensor \(entry.name), \(entry.type) \(entry.shape), takes \(size) bytes; it has \(entry.range.count)"
                )
            }
            guard entry.range.lowerBound == end else {
                let what = entry.range.lowerBound < end ? "overlaps what comes before" : "leaves a gap"
                throw refuse(
                    file,
                    "tensor \(entry.name) begins at byte \(entry.range.lowerBound) and \(what), which ends at \(end)")
            }
            end = entry.range.upperBound
        }
        guard end == dataCount else {
            let what = end > dataCount ? "it is cut short" : "there are bytes that belong to no tensor"
            throw refuse(file, "its tensors take \(end) bytes and \(dataCount) are there: \(what)")
        }
        return sorted
    }

    static func refuse(_ file: String, _ reason: String) -> TrainingError {
        TrainingError(.checkpoint, "\(file) can't be used: \(reason). Take another checkpoint, or begin anew.")
    }

    /// The cells of an fp32 tensor that must have this shape.
    /// - Throws: ``TrainingError/Code/checkpoint`` when it is missing or another one.
    public func floats(_ name: String, _ shape: Shape) throws(TrainingError) -> [Float] {
        let entry = try entry(name, shape)
        let bytes = data[(data.startIndex + entry.range.lowerBound)..<(data.startIndex + entry.range.upperBound)]
        return [Float](unsafeUninitializedCapacity: shape.count) { target, count in
            bytes.withUnsafeBytes { UnsafeMutableRawBufferPointer(target).copyMemory(from: $0) }
            count = shape.count
        }
    }

    /// Where an fp32 tensor is that must have this shape.
    /// - Throws: ``TrainingError/Code/checkpoint`` when it is missing or another one.
    @discardableResult
    func entry(_ name: String, _ shape: Shape) throws(TrainingError) -> Entry {
        guard let place = places[name] else {
            throw Self.refuse(file, "tensor \(name) \(shape) is missing")
        }
        let entry = entries[place]
        guard entry.type == "F32", entry.shape == shape.dimensions else {
            throw Self.refuse(
                file,
                "tensor \(name) should be F32 \(shape) and is \(entry.type) \(entry.shape): the model has other sizes")
        }
        return entry
    }

    /// - Throws: ``TrainingError/Code/checkpoint`` that names a tensor beside those expected.
    public func requireOnly(_ names: Set<String>) throws(TrainingError) {
        for entry in entries where !names.contains(entry.name) {
            throw Self.refuse(file, "tensor \(entry.name) \(entry.shape) belongs to another model")
        }
    }
}
