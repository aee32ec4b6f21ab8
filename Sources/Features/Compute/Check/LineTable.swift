/// Which line of the source each piece of code came from: DWARF's line number programs, versions 2 to 5
/// (DWARF 5, section 6.2).
package struct LineTable: Sendable {
    /// A place in a source file.
    package struct Place: Hashable, Sendable {
        package var file: String
        /// From 1; 0 where the compiler names none.
        package var line: Int

        package init(file: String, line: Int) { (self.file, self.line) = (file, line) }
    }

    struct Row: Sendable {
        var address: UInt64
        var file: Int32
        /// 0 after the end of a sequence, and where the compiler names no line.
        var line: Int32
        var isEnd = false
    }

    private var rows: [Row] = []
    private var files: [String] = []
    private var numbers: [String: Int32] = [:]

    /// A table is at most this long; a larger one is damaged.
    static let limit = 1 << 22

    package init() {}

    /// From the contents of the three sections; the readable part of damaged ones.
    package init(lines: ArraySlice<UInt8>, lineStrings: ArraySlice<UInt8>, strings: ArraySlice<UInt8>) {
        var reader = ByteReader(lines)
        while !reader.isAtEnd, rows.count < Self.limit {
            guard let first = reader.unsigned(4) else { break }
            let isWide = first == 0xFFFF_FFFF
            guard let length = isWide ? reader.int(8) : Int(exactly: first), let unit = reader.part(length) else {
                break
            }
            guard var program = LineProgram(unit, isWide: isWide, lineStrings: lineStrings, strings: strings) else {
                continue
            }
            let numbers = program.files.map { number(of: $0) }
            program.run(limit: Self.limit - rows.count) { row in
                var row = row
                row.file = numbers.indices.contains(Int(row.file)) ? numbers[Int(row.file)] : -1
                rows.append(row)
            }
        }
        // Of rows with one address the last counts; the end of a sequence gives way to the start of the next.
        let order = rows.indices.sorted {
            let (a, b) = (rows[$0], rows[$1])
            return (a.address, a.isEnd ? 0 : 1, $0) < (b.address, b.isEnd ? 0 : 1, $1)
        }
        rows = order.map { rows[$0] }
    }

    private mutating func number(of file: String) -> Int32 {
        if let number = numbers[file] { return number }
        let number = Int32(files.count)
        files.append(file)
        numbers[file] = number
        return number
    }

    package var isEmpty: Bool { rows.isEmpty }

    /// Every place that code came from.
    package var places: Set<Place> {
        Set(
            rows.filter { !$0.isEnd && $0.line > 0 && $0.file >= 0 }.map {
                Place(file: files[Int($0.file)], line: Int($0.line))
            })
    }

    /// The place of the instruction at `address` (as the file has it, without the load address). Code without a line
    /// belongs to the line before it.
    package func place(of address: UInt64) -> Place? {
        var (low, high) = (0, rows.count)
        while low < high {
            let middle = (low + high) / 2
            if rows[middle].address <= address { low = middle + 1 } else { high = middle }
        }
        var index = low - 1
        while index >= 0, !rows[index].isEnd {
            let row = rows[index]
            if row.line > 0, row.file >= 0 { return Place(file: files[Int(row.file)], line: Int(row.line)) }
            index -= 1
        }
        return nil
    }
}
