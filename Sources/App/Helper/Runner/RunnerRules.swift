package import StewardDANE
internal import StewardDNS

/// Which commands the runner executes: those that the settings name, with the arguments that Steward gives them and no
/// others. Nothing that comes over the network or from a request can add one.
package struct RunnerRules: Hashable, Sendable {
    /// One place of a command.
    enum Word: Hashable, Sendable {
        /// This word.
        case exactly(String)
        /// The owner of one of the settings' services' records.
        case owner
        /// Digits.
        case number
    }

    private let shapes: [[Word]]
    private let owners: Set<String>
    /// The deployments whose certificates certbot is asked for here: mode `next`.
    private let issuing: [DANESettings.Deployment]

    /// The rules that `settings` make.
    package init(_ settings: DANESettings) {
        owners = Set(
            settings.deployments.flatMap(\.services).compactMap { Service(text: $0)?.owner?.description })
        issuing = settings.deployments.filter { $0.mode == .next && !$0.certbot.isEmpty }
        var shapes = settings.deployments.flatMap(\.reload).compactMap { Reload(text: $0)?.words }.map(Self.exactly)
        for zone in settings.zones {
            guard let name = DomainName(zone.name) else { continue }
            if zone.file.path != nil {
                shapes += ["reload", "freeze", "thaw"].map { Self.exactly(zone.file.rndc + [$0, name.host]) }
                shapes.append(Self.exactly(zone.file.checkzone + ["-i", "local", name.host, "/dev/stdin"]))
            }
            if !zone.program.isEmpty {
                shapes.append(Self.exactly(zone.program + ["set", name.description]) + [.owner, .number])
            }
        }
        if let address = settings.alarm.mail {
            shapes.append(Self.exactly(["sendmail", "-i", "-f", "", "--", address]))
        }
        if !settings.alarm.command.isEmpty { shapes.append(Self.exactly(settings.alarm.command)) }
        self.shapes = shapes.filter { !$0.isEmpty }
    }

    private static func exactly(_ words: [String]) -> [Word] { words.map { .exactly($0) } }

    /// Whether any command is allowed at all.
    package var isEmpty: Bool { shapes.isEmpty && issuing.isEmpty }

    /// Whether `words` may be run.
    package func allow(_ words: [String]) -> Bool {
        shapes.contains { shape in
            shape.count == words.count && zip(shape, words).allSatisfy { fits($1, $0) }
        } || asksForCertificate(words)
    }

    /// Whether they ask certbot as the lineage's own renewal conf, which is read here, says.
    private func asksForCertificate(_ words: [String]) -> Bool {
        issuing.contains { deployment in
            words.starts(with: deployment.certbot)
                && words
                    == (try? Issuer.words(
                        certbot: deployment.certbot, tree: deployment.tree, lineage: deployment.lineage))
        }
    }

    /// Whether the variable may be set for a command.
    package func allow(variable: String) -> Bool { variable.hasPrefix("STEWARD_") }

    private func fits(_ word: String, _ rule: Word) -> Bool {
        switch rule {
        case .exactly(let wanted): word == wanted
        case .owner: owners.contains(word)
        case .number: !word.isEmpty && word.utf8.allSatisfy { (0x30...0x39).contains($0) }
        }
    }
}
