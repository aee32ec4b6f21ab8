/// MNIST's files (yann.lecun.com/exdb/mnist, "File formats"): four bytes that name type and dimensions, the sizes, the
/// bytes.
public struct IDX: Hashable, Sendable {
    /// Sizes, outermost first.
    public let dimensions: [Int]
    /// One byte a cell.
    public let cells: [UInt8]

    /// Reads the bytes of a file.
    /// - Throws: ``TrainingError/Code/data`` that says what is wrong with it.
    public init(_ bytes: [UInt8], file: String, dimensions expected: Int) throws(TrainingError) {
        func refuse(_ reason: String) -> TrainingError { TrainingError(.data, "\(file) \(reason).", field: "data") }
        if bytes.starts(with: [0x1f, 0x8b]) { throw refuse("is compressed: unpack it with gunzip") }
        guard bytes.count >= 4, bytes[0] == 0, bytes[1] == 0 else {
            throw refuse("is no IDX file: it must begin with two zero bytes")
        }
        guard bytes[2] == 8 else { throw refuse("has cells of type \(bytes[2]): only unsigned bytes (8) can be read") }
        let count = Int(bytes[3])
        guard count == expected else { throw refuse("has \(count) dimensions, not \(expected)") }
        guard bytes.count >= 4 + 4 * count else { throw refuse("is cut short within its sizes") }
        let sizes = (0..<count).map { index in
            (0..<4).reduce(0) { $0 << 8 | Int(bytes[4 + 4 * index + $1]) }
        }
        var size = 1
        for one in sizes {
            let (product, overflows) = size.multipliedReportingOverflow(by: one)
            guard !overflows else { throw refuse("names sizes that are too large: \(sizes)") }
            size = product
        }
        let found = bytes.count - 4 - 4 * count
        guard found == size else { throw refuse("should have \(size) cells for \(sizes) and has \(found)") }
        dimensions = sizes
        cells = Array(bytes[(4 + 4 * count)...])
    }
}

extension Digits {
    /// MNIST's images and labels of a folder: `train` for training, `t10k` for judging.
    /// - Throws: ``TrainingError/Code/data`` when a file is missing or wrong.
    public static func read(folder: String, part: String) throws(TrainingError) -> Digits {
        func load(_ kind: String, _ dimensions: Int) throws(TrainingError) -> (IDX, String) {
            let names = ["-", "."].map { "\(folder)/\(part)-\(kind)\($0)idx\(dimensions)-ubyte" }
            for name in names.dropLast() {
                if let bytes = try? FileContents.read(name, .data) {
                    return (try IDX(bytes, file: name, dimensions: dimensions), name)
                }
            }
            let dotted = names[1]
            guard let bytes = try? FileContents.read(dotted, .data) else {
                throw TrainingError(
                    .data,
                    "\(names[0]) can't be read: the folder needs MNIST's files, unpacked. Without data, digits are drawn.",
                    field: "data")
            }
            return (try IDX(bytes, file: dotted, dimensions: dimensions), dotted)
        }
        let (images, file) = try load("images", 3)
        let (labels, labelFile) = try load("labels", 1)
        guard images.dimensions[0] == labels.dimensions[0], images.dimensions[0] > 0 else {
            throw TrainingError(
                .data, "\(file) has \(images.dimensions[0]) images and \(labelFile) \(labels.dimensions[0]) labels.",
                field: "data")
        }
        guard images.dimensions[1] == images.dimensions[2], (8...256).contains(images.dimensions[1]) else {
            throw TrainingError(
                .data, "\(file) has images of \(images.dimensions[1...]): they must be square, 8 to 256 cells.",
                field: "data")
        }
        if let place = labels.cells.firstIndex(where: { $0 > 9 }) {
            throw TrainingError(
                .data, "\(labelFile) has the label \(labels.cells[place]) at place \(place): digits are 0 to 9.",
                field: "data")
        }
        return Digits(
            side: images.dimensions[1], pixels: images.cells.map { Float($0) / 255 },
            labels: labels.cells.map(Int32.init))
    }
}
