/// Reads any bytes as a zone file and changes it: what was read is what is there, a change is made as it was asked for or
/// not at all, every other record means what it meant, and hardly another line is touched. The first two bytes choose the
/// change.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    guard count >= 2 else { return 0 }
    let input = Array(UnsafeBufferPointer(start: start, count: count))
    let bytes = Array(input[2...])
    let file = ZoneFile(bytes, zone: zone)
    guard file.entries.flatMap({ bytes[$0.line.range] }) == bytes else { fatalError("bytes were lost") }
    serial(file, now: Int64(input[1]) * 10_000_000)
    change(file, choice: input[0], ttl: UInt32(input[1]) * 97)
    return 0
}

private let zone = DomainName(labels: [Array("example".utf8)]) ?? .root
private let owner = zone.prefixed("_25._tcp.mail") ?? .root
private let fresh = TLSA(selector: 1, matching: 1, bytes: Array(repeating: 0xd4, count: 32))

private func change(_ file: ZoneFile, choice: UInt8, ttl: UInt32) {
    let old = file.tlsa(owner).map(\.data)
    let remove = old.enumerated().filter { choice >> UInt8($0.offset % 7) & 1 == 1 }.map(\.element)
    let add = choice & 0x80 == 0 ? [fresh] : []
    var changed = file
    do throws(ZoneFileRefusal) {
        try changed.change(owner, add: add, remove: remove, ttl: ttl)
    } catch {
        guard changed.bytes == file.bytes else { fatalError("a refusal changed the file") }
        if isSound(file) { fatalError("a sound file was refused: \(error)") }
        return
    }
    let again = ZoneFile(changed.bytes, zone: zone)
    let wanted = Set(old).subtracting(remove.filter { !add.contains($0) }).union(add)
    guard Set(again.tlsa(owner).map(\.data)) == wanted, again.tlsa(owner).allSatisfy({ $0.ttl == ttl }) else {
        fatalError("the change isn't what was asked for")
    }
    guard again.meanings(except: owner) == file.meanings(except: owner) else {
        fatalError("another record was changed")
    }
    guard again.findings.count <= file.findings.count, again.includes.count == file.includes.count,
        again.generators.count == file.generators.count
    else { fatalError("something else was changed") }
    let touched = Set(lines(file)).subtracting(lines(again))
    guard touched.count <= 2 * old.count + 1 || !isSound(file) else {
        fatalError("\(touched.count) lines were touched")
    }
    var twice = changed
    try? twice.change(owner, add: add, remove: remove, ttl: ttl)
    guard twice.bytes == changed.bytes else { fatalError("the same change again changes more") }
}

/// Whether BIND would take it without a word about TTLs, and it is all there.
private func isSound(_ file: ZoneFile) -> Bool {
    let records = file.entries.compactMap(\.record)
    let sets = Dictionary(grouping: records) { "\($0.owner.lowercased) \($0.type?.rawValue ?? 0)" }
    return file.findings.isEmpty && file.includes.isEmpty
        && sets.values.allSatisfy { Set($0.map(\.ttl)).count == 1 && $0.allSatisfy { $0.ttl == $0.ownTTL } }
}

private func lines(_ file: ZoneFile) -> [[UInt8]] {
    file.entries.map { Array(file.bytes[$0.line.range.lowerBound..<$0.line.ending.lowerBound]) }
}

private func serial(_ file: ZoneFile, now: Int64) {
    guard let old = file.serial, let token = file.serialToken else { return }
    var raised = file
    guard let next = try? raised.raiseSerial(now: now) else { fatalError("a serial can't be raised") }
    guard ZoneSerial.isAfter(next, old), raised.serial == next else {
        fatalError("the serial went from \(old) to \(next)")
    }
    guard raised.bytes.prefix(token.range.lowerBound) == file.bytes.prefix(token.range.lowerBound),
        raised.bytes.suffix(file.bytes.count - token.range.upperBound) == file.bytes[token.range.upperBound...]
    else { fatalError("more than the serial was changed") }
}
