import StewardSettings

/// Reads any text as a settings file: settings, or everything that is wrong with it, each at a place that is in the text.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzz(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    let environment = SettingsEnvironment(variables: [:], workingFolder: "/srv", isRoot: true)
    do throws(SettingsError) {
        let settings = try ServerSettings.resolve(
            text: text, file: "steward.yaml", overrides: SettingsOverrides(), environment: environment)
        guard !settings.zones.isEmpty, settings.zones.allSatisfy({ $0.folder.hasPrefix("/") }) else {
            fatalError("settings without zones, or with relative folders")
        }
    } catch {
        guard !error.diagnostics.isEmpty else { fatalError("wrong, and nothing says why") }
        let lines = lineLengths(text)
        for diagnostic in error.diagnostics { check(diagnostic, lines) }
    }
    return 0
}

private func check(_ diagnostic: SettingsDiagnostic, _ lines: [Int]) {
    guard !diagnostic.message.isEmpty, diagnostic.description.hasPrefix("steward.yaml") else {
        fatalError("\(diagnostic) says nothing")
    }
    guard let mark = diagnostic.mark else {
        if diagnostic.path == "zones" { return }
        fatalError("\(diagnostic) has no place")
    }
    guard mark.line >= 1, mark.line <= lines.count, mark.column >= 1, mark.column <= lines[mark.line - 1] + 1 else {
        fatalError("\(diagnostic) is at no place of \(lines)")
    }
}

/// The scalars of every line, as YAML 1.1 cuts them (section 5.4): LF, CR, CR LF, NEL, LS, PS.
private func lineLengths(_ text: String) -> [Int] {
    var lengths = [0]
    var before: Unicode.Scalar?
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\n" where before == "\r": break
        case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": lengths.append(0)
        default: lengths[lengths.count - 1] += 1
        }
        before = scalar
    }
    return lengths
}
