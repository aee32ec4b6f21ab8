/// What the file of a compiled kernel says of itself: where its data lies, what it is called, which line code came from.
///
/// Reads ELF for 64-bit little-endian machines (System V gABI, chapters 4 and 5), symbols and DWARF line tables;
/// needs no tool. Whatever is damaged or missing is left out.
package struct KernelObject: Sendable {
    /// A variable: its address (of thread-local ones, the offset in their segment), size and name.
    package struct Variable: Hashable, Sendable {
        package var name: String
        package var address: UInt64
        package var size: UInt64
        package var isThreadLocal: Bool
    }

    /// A piece of the file that is loaded.
    package struct Segment: Hashable, Sendable {
        package var address: UInt64
        package var size: UInt64
        package var isWritable: Bool
    }

    package private(set) var variables: [Variable] = []
    package private(set) var segments: [Segment] = []
    /// Bytes of the thread-local segment.
    package private(set) var threadLocalSize: UInt64 = 0
    package private(set) var lines = LineTable()

    /// From the bytes of the file; what isn't ELF has nothing.
    package init(_ bytes: [UInt8]) {
        guard bytes.starts(with: [0x7F, 0x45, 0x4C, 0x46, 2, 1]) else { return }
        readSegments(bytes)
        let sections = Self.sections(bytes)
        readVariables(bytes, sections)
        func contents(_ name: String) -> ArraySlice<UInt8> {
            sections.first { $0.name == name }?.bytes(of: bytes) ?? []
        }
        lines = LineTable(
            lines: contents(".debug_line"), lineStrings: contents(".debug_line_str"), strings: contents(".debug_str"))
    }

    private mutating func readSegments(_ bytes: [UInt8]) {
        for head in Self.table(bytes, offsetAt: 32, sizeAt: 54, countAt: 56) {
            var reader = head
            guard let type = reader.unsigned(4), let flags = reader.unsigned(4), reader.skip(8),
                let address = reader.unsigned(8), reader.skip(16), let size = reader.unsigned(8)
            else { continue }
            if type == 1 { segments.append(Segment(address: address, size: size, isWritable: flags & 2 != 0)) }
            if type == 7 { threadLocalSize = size }
        }
    }

    private mutating func readVariables(_ bytes: [UInt8], _ sections: [Section]) {
        guard let symbols = sections.first(where: { $0.type == 2 }) ?? sections.first(where: { $0.type == 11 }),
            symbols.link < sections.count
        else { return }
        let names = sections[symbols.link].bytes(of: bytes)
        var reader = ByteReader(symbols.bytes(of: bytes))
        while let entry = reader.part(24) {
            var entry = entry
            guard let name = entry.int(4), let info = entry.byte(), entry.skip(1), let section = entry.int(2),
                let address = entry.unsigned(8), let size = entry.unsigned(8)
            else { break }
            let type = info & 15
            guard type == 1 || type == 6, section != 0, size > 0, name < names.count else { continue }
            var text = ByteReader(names.dropFirst(name))
            guard let symbol = text.string(), !symbol.isEmpty else { continue }
            variables.append(
                Variable(name: Self.plainName(symbol), address: address, size: size, isThreadLocal: type == 6))
        }
    }

    /// The source's name from the C++ ABI's: `_ZZ6reducePfE4tile` is `tile`, `_ZL5table` is `table`.
    package static func plainName(_ symbol: String) -> String {
        guard symbol.hasPrefix("_Z") else { return String(symbol.prefix { $0 != "." }) }
        var rest = Array(symbol.utf8.dropFirst(2))[...]
        if rest.first == UInt8(ascii: "Z"), let end = localNameStart(rest) { rest = rest[end...] }
        var last: String?
        while !rest.isEmpty {
            guard let length = takeNumber(&rest) else {
                rest.removeFirst()
                continue
            }
            guard length > 0, length <= rest.count else { break }
            last = String(decoding: rest.prefix(length), as: UTF8.self)
            rest.removeFirst(length)
            if rest.first != UInt8(ascii: "E"), last != nil, symbol.hasPrefix("_ZL") || symbol.hasPrefix("_ZZ") {
                break
            }
        }
        return last ?? symbol
    }

    /// After the `E` that closes the enclosing function of a local name: the last `E` that a number follows.
    private static func localNameStart(_ name: ArraySlice<UInt8>) -> Int? {
        let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
        return name.indices.dropLast().last { name[$0] == UInt8(ascii: "E") && digits.contains(name[$0 + 1]) }
            .map { $0 + 1 }
    }

    private static func takeNumber(_ bytes: inout ArraySlice<UInt8>) -> Int? {
        let digits = bytes.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard !digits.isEmpty, digits.count < 6 else { return nil }
        bytes.removeFirst(digits.count)
        return digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }
}

extension KernelObject {
    private struct Section {
        var name = ""
        var nameOffset: Int
        var type: Int
        var offset: Int
        var size: Int
        var link: Int

        func bytes(of file: [UInt8]) -> ArraySlice<UInt8> {
            guard type != 8, offset >= 0, size >= 0, offset <= file.count, size <= file.count - offset else {
                return []
            }
            return file[offset..<offset + size]
        }
    }

    private static func sections(_ bytes: [UInt8]) -> [Section] {
        var sections: [Section] = []
        for head in table(bytes, offsetAt: 40, sizeAt: 58, countAt: 60) {
            var reader = head
            guard let name = reader.int(4), let type = reader.int(4), let flags = reader.unsigned(8), reader.skip(8),
                let offset = reader.int(8), let size = reader.int(8), let link = reader.int(4)
            else { return sections }
            // 0x800 is SHF_COMPRESSED: such a section can't be read here.
            let isPlain = flags & 0x800 == 0
            sections.append(
                Section(nameOffset: name, type: type, offset: offset, size: isPlain ? size : 0, link: link))
        }
        var header = ByteReader(bytes[...])
        guard header.skip(62), let index = header.int(2), index < sections.count else { return sections }
        let names = sections[index].bytes(of: bytes)
        for place in sections.indices where sections[place].nameOffset < names.count {
            var reader = ByteReader(names.dropFirst(sections[place].nameOffset))
            sections[place].name = reader.string() ?? ""
        }
        return sections
    }

    /// The entries of the program or section header table.
    private static func table(_ bytes: [UInt8], offsetAt: Int, sizeAt: Int, countAt: Int) -> [ByteReader] {
        func field(_ offset: Int, _ size: Int) -> Int? {
            var reader = ByteReader(bytes[...])
            return reader.skip(offset) ? reader.int(size) : nil
        }
        guard let offset = field(offsetAt, 8), let size = field(sizeAt, 2), let count = field(countAt, 2),
            size > 0, offset <= bytes.count
        else { return [] }
        var reader = ByteReader(bytes[offset...])
        return (0..<count).compactMap { _ in reader.part(size) }
    }
}
