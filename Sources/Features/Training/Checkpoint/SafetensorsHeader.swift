/// The header of a ``Safetensors`` file: the part of JSON that it may have, no more.
struct SafetensorsHeader {
    struct Content {
        var metadata: [String: String] = [:]
        var entries: [Safetensors.Entry] = []
    }

    struct Failure: Error {
        /// Bytes from the header's first.
        var place: Int
        var reason: String
    }

    private let bytes: ArraySlice<UInt8>
    private var index: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        index = bytes.startIndex
    }

    mutating func read() throws(Failure) -> Content {
        var content = Content()
        var names: Set<String> = []
        guard bytes.first == UInt8(ascii: "{") else { throw failure("an object must begin here") }
        try eachMember { (self, name) throws(Failure) in
            guard names.insert(name).inserted else { throw self.failure("'\(name)' is there twice") }
            if name == "__metadata__" {
                content.metadata = try self.strings()
            } else {
                content.entries.append(try self.entry(name))
            }
        }
        skipSpace()
        guard index == bytes.endIndex else { throw failure("nothing may follow the object") }
        return content
    }

    private mutating func entry(_ name: String) throws(Failure) -> Safetensors.Entry {
        var type: String?
        var shape: [Int]?
        var offsets: [Int]?
        try eachMember { (self, key) throws(Failure) in
            switch key {
            case "dtype" where type == nil: type = try self.string()
            case "shape" where shape == nil: shape = try self.numbers()
            case "data_offsets" where offsets == nil: offsets = try self.numbers()
            default: throw self.failure("'\(key)' of tensor \(name) is unknown or there twice")
            }
        }
        guard let type, let shape, let offsets, offsets.count == 2 else {
            throw failure("tensor \(name) needs dtype, shape and two data_offsets")
        }
        guard offsets[0] <= offsets[1] else { throw failure("tensor \(name) ends before it begins") }
        return Safetensors.Entry(name: name, type: type, shape: shape, range: offsets[0]..<offsets[1])
    }

    private mutating func strings() throws(Failure) -> [String: String] {
        var result: [String: String] = [:]
        try eachMember { (self, key) throws(Failure) in
            guard result.updateValue(try self.string(), forKey: key) == nil else {
                throw self.failure("'\(key)' is there twice")
            }
        }
        return result
    }

    private mutating func eachMember(
        _ body: (inout SafetensorsHeader, String) throws(Failure) -> Void
    ) throws(Failure) {
        try expect("{")
        if accept("}") { return }
        repeat {
            let name = try string()
            try expect(":")
            try body(&self, name)
        } while accept(",")
        try expect("}")
    }

    private mutating func numbers() throws(Failure) -> [Int] {
        var result: [Int] = []
        try expect("[")
        if accept("]") { return result }
        repeat { result.append(try number()) } while accept(",")
        try expect("]")
        return result
    }

    private mutating func number() throws(Failure) -> Int {
        skipSpace()
        var value = 0
        let start = index
        while index < bytes.endIndex, case let digit = bytes[index], (48...57).contains(digit) {
            let (tens, first) = value.multipliedReportingOverflow(by: 10)
            let (sum, second) = tens.addingReportingOverflow(Int(digit) - 48)
            guard !first, !second else { throw failure("the number is too large") }
            value = sum
            index += 1
        }
        guard index > start, index == start + 1 || bytes[start] != 48 else {
            throw failure("a whole number must be here")
        }
        return value
    }

    private mutating func string() throws(Failure) -> String {
        try expect("\"")
        var units: [UInt8] = []
        while index < bytes.endIndex {
            let byte = bytes[index]
            index += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: units, as: UTF8.self) else { throw failure("the text isn't UTF-8") }
                return text
            case UInt8(ascii: "\\"): try escape(into: &units)
            case 0..<32: throw failure("a control character must be escaped")
            default: units.append(byte)
            }
        }
        throw failure("the text doesn't end")
    }

    private mutating func escape(into units: inout [UInt8]) throws(Failure) {
        guard index < bytes.endIndex else { throw failure("the text doesn't end") }
        let byte = bytes[index]
        index += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): units.append(byte)
        case UInt8(ascii: "b"): units.append(8)
        case UInt8(ascii: "f"): units.append(12)
        case UInt8(ascii: "n"): units.append(10)
        case UInt8(ascii: "r"): units.append(13)
        case UInt8(ascii: "t"): units.append(9)
        case UInt8(ascii: "u"):
            var code = try hex()
            if (0xD800..<0xDC00).contains(code), accept("\\"), accept("u") {
                let low = try hex()
                guard (0xDC00..<0xE000).contains(low) else { throw failure("half a character") }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw failure("half a character") }
            units += Array(String(Character(scalar)).utf8)
        default: throw failure("an unknown escape")
        }
    }

    private mutating func hex() throws(Failure) -> UInt32 {
        guard index + 4 <= bytes.endIndex,
            let text = String(validating: bytes[index..<index + 4], as: UTF8.self),
            text.utf8.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
            let value = UInt32(text, radix: 16)
        else { throw failure("four hexadecimal digits must be here") }
        index += 4
        return value
    }

    private mutating func skipSpace() {
        while index < bytes.endIndex, [32, 9, 10, 13].contains(bytes[index]) { index += 1 }
    }

    private mutating func accept(_ character: Unicode.Scalar) -> Bool {
        skipSpace()
        guard index < bytes.endIndex, bytes[index] == UInt8(ascii: character) else { return false }
        index += 1
        return true
    }

    private mutating func expect(_ character: Unicode.Scalar) throws(Failure) {
        guard accept(character) else { throw failure("'\(character)' must be here") }
    }

    private func failure(_ reason: String) -> Failure { Failure(place: index - bytes.startIndex, reason: reason) }
}
