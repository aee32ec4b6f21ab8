import Crypto
import Glibc

/// Kernels compiled for GPUs on disk, beside those of the processor, each under the hash of all that decided about it.
/// A file that can't be read or written costs a compilation, nothing else.
package struct CompiledCodeCache: Sendable {
    private let kernels: KernelCache?

    /// - Parameter folder: nil keeps nothing.
    package init(folder: String?) { kernels = folder.flatMap { KernelCache(trusting: $0) } }

    private init(_ kernels: KernelCache?) { self.kernels = kernels }

    /// The user's.
    package static var user: CompiledCodeCache { CompiledCodeCache(try? KernelCache.open()) }

    /// The name for a source and what is done to it.
    package static func key(_ source: KernelSource, recipe: [String]) -> String {
        KernelCache.key([source.file, source.text] + recipe + source.instantiations)
    }

    package func code(_ key: String) -> CompiledCode? {
        path(key).flatMap { KernelCache.trustedBytes($0) }.flatMap { CompiledCode(file: $0) }
    }

    /// Writes beside the final name first, so that nobody reads half a file.
    package func store(_ code: CompiledCode, _ key: String) {
        guard let kernels, let path = path(key) else { return }
        let draft = kernels.scratch(".cubin")
        guard Self.write(code.file, draft), rename(draft, path) == 0 else {
            unlink(draft)
            return
        }
        kernels.prune()
    }

    package func remove(_ key: String) { if let path = path(key) { unlink(path) } }

    private func path(_ key: String) -> String? { kernels.map { "\($0.folder)/\(key).cubin" } }

    private static func write(_ bytes: [UInt8], _ path: String) -> Bool {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0, let file = fdopen(descriptor, "w") else { return false }
        let isWritten = fwrite(bytes, 1, bytes.count, file) == bytes.count
        return fclose(file) == 0 && isWritten
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
            // The source's name of a template's instance has blanks, the compiled one never.
            guard let blank = line.lastIndex(of: " "), blank > line.startIndex else { return nil }
            lowered[String(line[..<blank])] = String(line[line.index(after: blank)...])
        }
        self.init(image: image, lowered: lowered)
    }
}
