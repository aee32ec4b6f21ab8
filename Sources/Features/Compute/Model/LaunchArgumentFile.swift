import Glibc

/// A file whose bytes are the cells of a buffer: raw, or NumPy's `.npy` (format 1.0 to 3.0, C order, little-endian).
struct LaunchArgumentFile {
    let path: String

    /// What the file holds: an element type where it says one, bytes of data and where they begin.
    struct Contents {
        var element: ElementType?
        var offset: Int
        var byteCount: Int
    }

    func contents() throws(ComputeError) -> Contents {
        let descriptor = try open()
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw ComputeError(.arguments, "\(path) is no regular file: give one with raw cells, or a .npy.")
        }
        let size = Int(status.st_size)
        guard path.hasSuffix(".npy") else { return Contents(element: nil, offset: 0, byteCount: size) }
        var head = [UInt8](repeating: 0, count: min(size, 1 << 16))
        let length = head.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        let (element, offset) = try Self.parseHead(Array(head.prefix(max(0, length))), path: path)
        return Contents(element: element, offset: offset, byteCount: max(0, size - offset))
    }

    func read(
        into memory: UnsafeMutableRawBufferPointer, byteCount: Int, offset: Int
    ) throws(ComputeError) {
        let descriptor = try open()
        defer { close(descriptor) }
        var done = 0
        while done < byteCount {
            let length = pread(descriptor, memory.baseAddress! + done, byteCount - done, off_t(offset + done))
            if length < 0 && errno == EINTR { continue }
            guard length > 0 else {
                throw ComputeError(
                    .arguments,
                    "\(path) ends after \(done) of \(byteCount) bytes: give a longer file or a shorter length.")
            }
            done += length
        }
    }

    private func open() throws(ComputeError) -> Int32 {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw ComputeError(.arguments, "\(path) can't be read: \(String(cString: strerror(errno))).")
        }
        return descriptor
    }

    /// The element type and where the data begins, from a `.npy` head (NEP 1).
    static func parseHead(_ bytes: [UInt8], path: String) throws(ComputeError) -> (ElementType, Int) {
        func refuse(_ why: String) -> ComputeError {
            ComputeError(.arguments, "\(path) \(why): save it with numpy.save as a plain array of numbers.")
        }
        guard bytes.count >= 12, bytes[0] == 0x93, Array(bytes[1..<6]) == Array("NUMPY".utf8) else {
            throw refuse("is no .npy file")
        }
        let wide = bytes[6] >= 2
        let lengthBytes = wide ? bytes[8..<12] : bytes[8..<10]
        let length = lengthBytes.reversed().reduce(0) { $0 << 8 | Int($1) }
        let start = wide ? 12 : 10
        guard start + length <= bytes.count else { throw refuse("ends within its head") }
        let head = String(decoding: bytes[start..<start + length], as: UTF8.self)
        guard !head.contains("'fortran_order': True") else { throw refuse("is in Fortran order") }
        guard let key = head.firstRange(of: "'descr': '") else { throw refuse("holds a structured array") }
        let code = head[key.upperBound...].prefix { $0 != "'" }
        guard let element = elements[String(code)] else { throw refuse("holds cells of type \(code)") }
        return (element, start + length)
    }

    private static let elements: [String: ElementType] = [
        "|i1": .int8, "|u1": .uint8, "|b1": .uint8, "<i2": .int16, "<u2": .uint16, "<i4": .int32, "<u4": .uint32,
        "<i8": .int64, "<u8": .uint64, "<f2": .float16, "<f4": .float, "<f8": .double,
    ]
}
