/// Rows under headings, columns two blanks apart. What scripts and settings say is shown without control characters.
struct TextTable {
    /// The headings.
    var headings: [String]
    /// The cells; each row as many as there are headings.
    var rows: [[String]] = []

    /// The lines; cut to `columns` if given.
    func lines(columns: Int? = nil) -> [String] {
        let cells = ([headings] + rows).map { $0.map(Self.printable) }
        let widths = headings.indices.map { column in cells.map { $0[column].count }.max() ?? 0 }
        return cells.map { row in
            var line = ""
            for (column, cell) in row.enumerated() {
                line += cell
                let isLast = row[(column + 1)...].allSatisfy(\.isEmpty)
                if isLast { break }
                line += String(repeating: " ", count: widths[column] - cell.count + 2)
            }
            guard let columns, line.count > columns else { return line }
            return line.prefix(max(columns - 1, 0)) + "…"
        }
    }

    /// `text` in one line, control characters (and with them terminal sequences) replaced by blanks.
    static func printable(_ text: String) -> String {
        let scalars = text.unicodeScalars.map { scalar -> Unicode.Scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .format: " "
            default: scalar
            }
        }
        return String(String.UnicodeScalarView(scalars))
    }
}
