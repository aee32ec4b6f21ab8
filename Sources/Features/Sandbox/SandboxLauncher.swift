import Glibc

/// Where `steward-launch` is: it comes with the running `steward` and is of the same build.
package enum SandboxLauncher {
    /// It isn't where it should be.
    package struct Missing: Error, Hashable, CustomStringConvertible {
        /// Where it was looked for.
        package var places: [String]

        package var description: String {
            "steward-launch, which confines scripts, is at none of \(places.joined(separator: ", ")): "
                + "run 'make build' (or 'swift build --product steward-launch'), or install again with 'make install'"
        }
    }

    /// Its path, for the program at `executable` (the running one unless told): beside it, else in `../libexec/steward`,
    /// else in `../share/steward`.
    package static func locate(for executable: String? = nil) throws(Missing) -> String {
        let places = places(for: executable ?? runningExecutable())
        guard let found = places.first(where: { access($0, X_OK) == 0 }) else { throw Missing(places: places) }
        return found
    }

    private static func places(for executable: String) -> [String] {
        let folder = executable.split(separator: "/").dropLast()
        let beside = "/" + folder.joined(separator: "/")
        let above = "/" + folder.dropLast().joined(separator: "/")
        return [beside, above + "/libexec/steward", above + "/share/steward"].map { $0 + "/steward-launch" }
    }

    private static func runningExecutable() -> String {
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let length = buffer.withUnsafeMutableBytes { bytes in
            bytes.baseAddress.map { readlink("/proc/self/exe", $0, bytes.count) } ?? 0
        }
        return length > 0 ? String(decoding: buffer[..<length], as: UTF8.self) : "/"
    }
}
