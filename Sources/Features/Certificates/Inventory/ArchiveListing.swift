/// Which of the four kinds a version has.
struct KindSet: OptionSet, Hashable, Sendable {
    let rawValue: UInt8

    static let all = KindSet(rawValue: 15)

    init(rawValue: UInt8) { self.rawValue = rawValue }
    init(_ kind: Lineage.Kind) { rawValue = 1 << UInt8(kind.index) }

    var kinds: [Lineage.Kind] { Lineage.Kind.allCases.filter { contains(KindSet($0)) } }
    /// What is missing from all four.
    var missing: [Lineage.Kind] { Self.all.subtracting(self).kinds }
}

extension Lineage.Kind {
    /// 0 to 3, in the order of the declaration.
    var index: Int { Self.allCases.firstIndex(of: self) ?? 0 }
    /// The name of its symlink in live.
    var file: String { rawValue + ".pem" }
}

/// The name of a file in `archive/NAME/`: kind, version, `.pem` (certbot `storage.py`, `RenewableCert.version`).
struct VersionFile: Hashable, Sendable {
    let kind: Lineage.Kind
    let version: Int

    var name: FileName { FileName("\(kind.rawValue)\(version).pem") }

    init(_ kind: Lineage.Kind, _ version: Int) {
        self.kind = kind
        self.version = version
    }

    private static let kinds = Lineage.Kind.allCases.map { (kind: $0, name: Array($0.rawValue.utf8)) }
    private static let ending = Array(".pem".utf8)

    /// nil where certbot would not have given the name: leading zeros, too many digits.
    init?(_ name: some RandomAccessCollection<UInt8>) {
        let bytes = Array(name)
        guard bytes.count >= 9, bytes.suffix(4).elementsEqual(Self.ending),
            let found = Self.kinds.first(where: { bytes.starts(with: $0.name) })
        else { return nil }
        let digits = bytes.dropFirst(found.name.count).dropLast(4)
        guard let first = digits.first, digits.count <= 9, first != 0x30 || digits.count == 1,
            digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 })
        else { return nil }
        kind = found.kind
        version = digits.reduce(0) { $0 * 10 + Int($1) - 0x30 }
    }

}

/// What an archive folder holds.
struct ArchiveListing: Sendable {
    /// The regular files of each version.
    var versions: [Int: KindSet] = [:]
    /// Files named as versions that are no regular files.
    var odd: [(file: VersionFile, type: FileType)] = []
    /// Everything else.
    var extra: [FileName] = []

    /// Reads the folder's names.
    init(_ folder: Folder, _ buffer: UnsafeMutableRawBufferPointer) throws(SystemError) {
        var (versions, odd, extra): ([Int: KindSet], [(VersionFile, FileType)], [FileName]) = ([:], [], [])
        try folder.forEach(buffer) { name, type in
            guard let file = VersionFile(name) else { return extra.append(FileName(Array(name))) }
            let type = type == .unknown ? folder.status(file.name)?.type ?? type : type
            if type == .regular { versions[file.version, default: []].insert(KindSet(file.kind)) }
            if type != .regular { odd.append((file, type)) }
        }
        self.versions = versions
        self.odd = odd.sorted { ($0.0.version, $0.0.kind.index) < ($1.0.version, $1.0.kind.index) }
        self.extra = extra.sorted()
    }

    init() {}

    /// The highest version with all four kinds.
    var newestComplete: Int? { versions.filter { $0.value == .all }.keys.max() }

    func holds(_ file: VersionFile) -> Bool { versions[file.version]?.contains(KindSet(file.kind)) ?? false }
}
