/// One unit of `.debug_line`: its header, and the state machine that makes rows of it (DWARF 5, sections 6.2.2 to 6.2.5).
struct LineProgram {
    /// By the number that rows have.
    private(set) var files: [String] = []
    private var reader: ByteReader
    private let version: Int
    private let minimumLength: UInt64
    private let lineBase: Int64
    private let lineRange: UInt8
    private let opcodeBase: UInt8
    private var operandCounts: [UInt8] = []

    private var address: UInt64 = 0
    private var file: UInt64 = 1
    private var line: Int64 = 1

    /// Nil where the header is damaged or of an unknown version.
    init?(_ unit: ByteReader, isWide: Bool, lineStrings: ArraySlice<UInt8>, strings: ArraySlice<UInt8>) {
        var unit = unit
        guard let version = unit.int(2), (2...5).contains(version), version < 5 || unit.skip(2),
            let headerLength = unit.int(isWide ? 8 : 4), var header = unit.part(headerLength),
            let minimum = header.byte(), version < 4 || header.skip(1), header.skip(1),
            let base = header.byte(), let range = header.byte(), range > 0, let opcodes = header.byte(), opcodes > 0
        else { return nil }
        for _ in 1..<max(1, Int(opcodes)) {
            guard let count = header.byte() else { return nil }
            operandCounts.append(count)
        }
        (self.version, minimumLength) = (version, UInt64(minimum))
        (lineBase, lineRange, opcodeBase) = (Int64(Int8(bitPattern: base)), range, opcodes)
        reader = unit
        let names = LineProgramNames(isWide: isWide, lineStrings: lineStrings, strings: strings)
        guard let files = version == 5 ? names.read(&header) : names.readOld(&header) else { return nil }
        self.files = files
    }

    /// Calls `emit` for each row, up to `limit`.
    mutating func run(limit: Int, _ emit: (LineTable.Row) -> Void) {
        var count = 0
        func row(isEnd: Bool = false) -> LineTable.Row {
            LineTable.Row(
                address: address, file: Int32(truncatingIfNeeded: file), line: Int32(clamping: line), isEnd: isEnd)
        }
        while count < limit, let opcode = reader.byte() {
            if opcode >= opcodeBase {
                let adjusted = opcode - opcodeBase
                advance(UInt64(adjusted / lineRange))
                line = line &+ lineBase &+ Int64(adjusted % lineRange)
                emit(row())
                count += 1
            } else if opcode == 1 {
                emit(row())
                count += 1
            } else if opcode == 0 {
                guard let isEnd = extended() else { return }
                guard isEnd else { continue }
                emit(row(isEnd: true))
                count += 1
                (address, file, line) = (0, 1, 1)
            } else if !standard(opcode) {
                return
            }
        }
    }

    private mutating func advance(_ operations: UInt64) { address = address &+ operations &* minimumLength }

    /// Whether it could be read.
    private mutating func standard(_ opcode: UInt8) -> Bool {
        switch opcode {
        case 2:
            guard let operations = reader.uleb() else { return false }
            advance(operations)
        case 3:
            guard let change = reader.sleb() else { return false }
            line = line &+ change
        case 4:
            guard let number = reader.uleb() else { return false }
            file = number
        case 5, 12: return reader.uleb() != nil
        case 6, 7, 10, 11: break
        case 8: advance(UInt64((255 - opcodeBase) / lineRange))
        case 9:
            guard let bytes = reader.unsigned(2) else { return false }
            address = address &+ bytes
        default:
            for _ in 0..<operandCounts[Int(opcode) - 1] {
                guard reader.uleb() != nil else { return false }
            }
        }
        return true
    }

    /// Whether it ends the sequence; nil where it can't be read.
    private mutating func extended() -> Bool? {
        guard let length = reader.uleb(), let size = Int(exactly: length), var operands = reader.part(size),
            let opcode = operands.byte()
        else { return nil }
        if opcode == 1 { return true }
        if opcode == 2, let target = operands.unsigned(operands.remaining) { address = target }
        return false
    }
}

/// The file names of a unit's header.
struct LineProgramNames {
    let isWide: Bool
    let lineStrings: ArraySlice<UInt8>
    let strings: ArraySlice<UInt8>

    /// Versions 2 to 4: file 1 is the first.
    func readOld(_ header: inout ByteReader) -> [String]? {
        while let directory = header.string(), !directory.isEmpty {}
        var files = [""]
        while let name = header.string(), !name.isEmpty {
            guard header.uleb() != nil, header.uleb() != nil, header.uleb() != nil else { return nil }
            files.append(name)
        }
        return files
    }

    /// Version 5: file 0 is the first.
    func read(_ header: inout ByteReader) -> [String]? {
        guard entries(&header) != nil else { return nil }
        return entries(&header)
    }

    /// One list of entries, of each the path (content type 1).
    private func entries(_ header: inout ByteReader) -> [String]? {
        guard let formatCount = header.byte() else { return nil }
        var formats: [(content: UInt64, form: UInt64)] = []
        for _ in 0..<formatCount {
            guard let content = header.uleb(), let form = header.uleb() else { return nil }
            formats.append((content, form))
        }
        guard let count = header.uleb(), count <= UInt64(header.remaining) || formats.isEmpty && count == 0 else {
            return nil
        }
        var names: [String] = []
        for _ in 0..<count {
            var name = ""
            for (content, form) in formats {
                guard let text = value(form, &header) else { return nil }
                if content == 1 { name = text }
            }
            names.append(name)
        }
        return names
    }

    /// The value of one form as text; empty for those that hold none (DWARF 5, section 7.5.6).
    private func value(_ form: UInt64, _ header: inout ByteReader) -> String? {
        switch form {
        case 0x08: return header.string()
        case 0x1F, 0x0E:
            guard let offset = header.int(isWide ? 8 : 4) else { return nil }
            let section = form == 0x1F ? lineStrings : strings
            guard offset < section.count else { return "" }
            var reader = ByteReader(section.dropFirst(offset))
            return reader.string() ?? ""
        case 0x0F, 0x1A: return header.uleb().map { _ in "" }
        case 0x09: return header.uleb().flatMap { Int(exactly: $0) }.flatMap { header.skip($0) ? "" : nil }
        default:
            let sizes: [UInt64: Int] = [
                0x0B: 1, 0x05: 2, 0x06: 4, 0x07: 8, 0x1E: 16, 0x25: 1, 0x26: 2, 0x27: 3, 0x28: 4,
            ]
            return sizes[form].flatMap { header.skip($0) ? "" : nil }
        }
    }
}
