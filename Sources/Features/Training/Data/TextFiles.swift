import Glibc

/// Text files and folders of them.
enum TextFiles {
    /// The file itself, or the files below a folder, by path.
    static func list(_ path: String) throws(TrainingError) -> [String] {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw TrainingError(
                .data, "\(path) can't be read: \(FileContents.reason(errno)). Name a text file or a folder of them.",
                field: "data")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else { return [path] }
        var found: [String] = []
        try collect(path, depth: 0, into: &found)
        guard !found.isEmpty else {
            throw TrainingError(.data, "\(path) has no file: put text files there.", field: "data")
        }
        return found.sorted()
    }

    private static func collect(_ folder: String, depth: Int, into found: inout [String]) throws(TrainingError) {
        guard depth < 32 else {
            throw TrainingError(
                .data,
                "\(folder) lies more than 32 folders deep: a link that leads back is the usual cause; take it out.",
                field: "data")
        }
        guard let directory = opendir(folder) else {
            throw TrainingError(
                .data, "The folder \(folder) can't be read: \(FileContents.reason(errno)).", field: "data")
        }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = FileContents.name(entry)
            guard !name.hasPrefix(".") else { continue }
            let path = "\(folder)/\(name)"
            var status = stat()
            guard stat(path, &status) == 0 else { continue }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: try collect(path, depth: depth + 1, into: &found)
            case S_IFREG: found.append(path)
            default: continue
            }
        }
    }

    /// - Throws: ``TrainingError/Code/data`` with the place of the first byte that isn't text.
    static func read(_ path: String) throws(TrainingError) -> String {
        let bytes = try FileContents.read(path, .data, field: "data")
        if let place = bytes.firstIndex(of: 0) { throw notText(path, place, 0) }
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        let place = invalidByte(bytes)
        throw notText(path, place, bytes[place])
    }

    private static func notText(_ path: String, _ place: Int, _ byte: UInt8) -> TrainingError {
        TrainingError(
            .data,
            "\(path) is not text: byte \(byte) at offset \(place) is not UTF-8 text. Leave the file out or convert it.",
            field: "data")
    }

    /// The first byte of the first sequence that is not UTF-8.
    static func invalidByte(_ bytes: [UInt8]) -> Int {
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var place = 0
        while case .valid(let encoded) = parser.parseScalar(from: &iterator) { place += encoded.count }
        return min(place, bytes.count - 1)
    }
}
