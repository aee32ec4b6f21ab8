import Crypto
import Glibc

/// Compiled kernels on disk, each under the hash of all that decided about it. A file that can't be read or written
/// costs a compilation, nothing else.
package struct CompiledCodeCache: Sendable {
    /// Nil keeps nothing.
    package let folder: String?

    package init(folder: String?) { self.folder = folder }

    /// `STEWARD_KERNEL_CACHE`, else `steward/kernels` in the user's cache folder.
    package static var user: CompiledCodeCache {
        func value(_ name: String) -> String? {
            getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
        }
        if let folder = value("STEWARD_KERNEL_CACHE") { return CompiledCodeCache(folder: folder) }
        let base = value("XDG_CACHE_HOME") ?? value("HOME").map { "\($0)/.cache" }
        return CompiledCodeCache(folder: base.map { "\($0)/steward/kernels" })
    }

    /// The file's name for a source and what is done to it.
    package static func key(_ source: KernelSource, recipe: [String]) -> String {
        var hash = SHA256()
        for part in [source.file, source.text] + recipe {
            let bytes = Array(part.utf8)
            withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { hash.update(bufferPointer: $0) }
            hash.update(data: bytes)
        }
        return hash.finalize().map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }.joined()
    }

    package func code(_ key: String) -> CompiledCode? {
        guard let path = path(key), let bytes = Self.read(path) else { return nil }
        return CompiledCode(file: bytes)
    }

    /// Writes beside the final name first, so that nobody reads half a file.
    package func store(_ code: CompiledCode, _ key: String) {
        guard let folder, let path = path(key), Self.makeFolders(folder) else { return }
        let draft = "\(path).\(getpid())-\(UInt32.random(in: 0 ... .max))"
        guard Self.write(code.file, draft), rename(draft, path) == 0 else {
            unlink(draft)
            return
        }
    }

    package func remove(_ key: String) { if let path = path(key) { unlink(path) } }

    private func path(_ key: String) -> String? { folder.map { "\($0)/\(key).cubin" } }

    private static func read(_ path: String) -> [UInt8]? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return ferror(file) == 0 ? bytes : nil
    }

    private static func write(_ bytes: [UInt8], _ path: String) -> Bool {
        guard let file = fopen(path, "wxe") else { return false }
        let isWritten = fwrite(bytes, 1, bytes.count, file) == bytes.count
        return fclose(file) == 0 && isWritten
    }

    /// Code is executed from here: the folders are the user's alone.
    private static func makeFolders(_ path: String) -> Bool {
        var made = ""
        for part in path.split(separator: "/") {
            made += (made.isEmpty && !path.hasPrefix("/") ? "" : "/") + part
            guard mkdir(made, 0o700) == 0 || errno == EEXIST else { return false }
        }
        return true
    }
}

extension CompiledCode {
    private static let magic = "steward compiled code 1"

    /// `magic`, one line a name, an empty line, the hash of the image, the image.
    fileprivate var file: [UInt8] {
        let names = lowered.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
        return Array(([Self.magic] + names + ["", ""]).joined(separator: "\n").utf8) + SHA256.hash(data: image) + image
    }

    /// Nil for anything that isn't such a file, whole.
    fileprivate init?(file: [UInt8]) {
        var lines: [String] = []
        var rest = file[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            let line = String(decoding: rest[..<end], as: UTF8.self)
            rest = rest[(end + 1)...]
            if line.isEmpty { break }
            lines.append(line)
        }
        guard lines.first == Self.magic, rest.count > 32 else { return nil }
        let image = Array(rest.dropFirst(32))
        guard Array(rest.prefix(32)) == Array(SHA256.hash(data: image)) else { return nil }
        var lowered: [String: String] = [:]
        for line in lines.dropFirst() {
            let words = line.split(separator: " ")
            guard words.count == 2 else { return nil }
            lowered[String(words[0])] = String(words[1])
        }
        self.init(image: image, lowered: lowered)
    }
}
