/// Values with parts that are only known while the server runs: each such part is one ``unknown`` scalar.
package enum PossiblePath {
    /// Stands for any text (private use, so that no configuration holds it by chance).
    package static let unknown: Unicode.Scalar = "\u{10FE00}"
    /// A value of which nothing is known.
    package static let unknownText = String(Character(unknown))

    /// Whether a part of `value` is unknown.
    package static func isUnknown(_ value: String) -> Bool { value.unicodeScalars.contains(unknown) }

    /// The glob that matches every path that `value` can be; an unknown part is taken to stay within a component.
    package static func glob(_ value: String) -> String {
        var glob = ""
        var known = ""
        for scalar in value.unicodeScalars {
            if scalar == unknown {
                glob += Wildcard.quoted(known) + "*"
                known = ""
            } else {
                known.unicodeScalars.append(scalar)
            }
        }
        return glob + Wildcard.quoted(known)
    }

    /// `value` as people see it: unknown parts as `*`.
    package static func shown(_ value: String) -> String {
        var shown = String.UnicodeScalarView()
        for scalar in value.unicodeScalars { shown.append(scalar == unknown ? "*" : scalar) }
        return ByteText.shown(String(shown))
    }
}
