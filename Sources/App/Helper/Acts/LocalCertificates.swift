internal import Foundation
package import StewardAPI
package import StewardCertificates
package import StewardCore

/// What can be done about certificates in this process.
package struct LocalCertificates: CertificateActs {
    let surveyor: Surveyor
    private var settings: CertificatesSettings { surveyor.settings }

    /// Acts under `settings`.
    package init(settings: CertificatesSettings) { surveyor = Surveyor(settings: settings) }

    /// The same acts with another program as certbot.
    package func using(certbot: String) -> LocalCertificates {
        var settings = settings
        settings.certbot = certbot
        return LocalCertificates(settings: settings)
    }

    /// The places that the acts write to: the trees, and certbot's other folders, where its locks are.
    package var writablePlaces: [Confinement.Place] {
        (surveyor.trees().map(\.path) + lockedFolders).map { Confinement.Place($0, changes: true) }
    }

    private var lockedFolders: [String] { [settings.work, settings.logs].map { surveyor.root.outside($0) } }

    package func survey() async throws(Problem) -> CertificateList { CertificateList(await surveyor.survey()) }

    package func signature() async throws(Problem) -> TreeSignature {
        TreeSignature(number: TreeStamp(of: surveyor.trees()).number)
    }

    package func lock(wait: Duration) async throws(Problem) -> CertificateLocks {
        let end = ContinuousClock.now + wait
        while true {
            let answer = locks()
            guard !answer.free, ContinuousClock.now < end else { return answer }
            do { try await Task.sleep(for: .milliseconds(500)) } catch { return answer }
        }
    }

    private func locks() -> CertificateLocks {
        let servers = ["/etc/apache2", "/etc/httpd", "/etc/nginx"].map { surveyor.root.outside($0) }
        return CertificateLocks(
            LockReader().read(
                surveyor.trees(), work: [lockedFolders[0]], logs: [lockedFolders[1]], servers: servers))
    }
}

extension LocalCertificates {
    package func plan(names: [String]?) async throws(Problem) -> CertificatePlan {
        let basis = await surveyor.look().basis
        let known = basis.inventory.lineages.map(\.id)
        for name in names ?? [] where !known.contains(where: { $0.name == name }) {
            throw Problem(
                "no-lineage", status: 404, title: "There is no such lineage",
                detail: "No lineage is called '\(name)'.\n'steward certs' lists them.")
        }
        let chosen = names.map { names in Set(known.filter { names.contains($0.name) }) }
        return CertificatePlan(Plan.make(basis, chosen: chosen))
    }

    package func entries(plan text: String) throws(Problem) -> [CertificatePlan.Entry] {
        CertificatePlan(try parse(text)).goes
    }

    package func prune(plan text: String, revoke: Bool) async throws(Problem) -> CertificateChange {
        let plan = try parse(text)
        let revoker = revoke ? try self.revoker() : nil
        let trees = surveyor.trees()
        var change = CertificateChange(action: "prune", lineages: [])
        for path in plan.trees {
            guard let tree = trees.first(where: { $0.path == path }) else {
                throw Problem(
                    RemovalError(
                        .planInvalid,
                        "The plan is about the tree \(path), which is none of those that are looked at here.",
                        "Name it with --tree, or in 'certificates.trees' of the settings."))
            }
            do throws(RemovalError) {
                let (items, notes, failures) = try await prune(plan, tree, revoker)
                change.lineages += items.map { CertificateChange.Entry($0, in: tree) }
                change.notes += notes
                guard failures.isEmpty else { throw RemovalError(.revocation, sentences: failures + notes) }
            } catch {
                throw Problem(error, after: change)
            }
        }
        if let first = change.lineages.first {
            change.notes.append("'steward certs restore \(first.name)' brings it back.")
        }
        return change
    }

    /// What went from one tree, what is to be said of its revocations, and what of those that failed.
    private func prune(
        _ plan: Plan, _ tree: CertbotTree, _ revoker: Revoker?
    ) async throws(RemovalError) -> (items: [Quarantined], notes: [String], failures: [String]) {
        guard let revoker else {
            return (try await quarantine(tree).prune(plan) { await surveyor.look().basis }, [], [])
        }
        var notes: [String] = []
        var failures: [String] = []
        let revocation = { (lineage: Lineage) async -> Revocation in
            let outcome = await revoker.revoke(lineage)
            let note = outcome.note(about: lineage.name)
            if case .failed = outcome { failures.append(note) } else { notes.append(note) }
            return outcome
        }
        let items = try await quarantine(tree).prune(plan, revoke: revocation) { await surveyor.look().basis }
        return (items, notes, failures)
    }

    private func revoker() throws(Problem) -> Revoker {
        do throws(RemovalError) {
            return try Revoker(
                certbot: settings.certbot, work: lockedFolders[0], logs: lockedFolders[1],
                environment: ProcessInfo.processInfo.environment)
        } catch {
            throw Problem(error)
        }
    }

    package func quarantine() async throws(Problem) -> CertificateQuarantine {
        let contents = surveyor.quarantine(surveyor.trees())
        return CertificateQuarantine(
            quarantined: contents.items.map { QuarantinedItem($0.item, in: $0.tree, usedBy: []) })
    }

    package func restore(name: String, tree: String?) async throws(Problem) -> CertificateChange {
        let trees = try known(tree)
        let holding = trees.filter { tree in
            let items = (try? Quarantine(tree: tree).list()) ?? []
            return items.contains { $0.lineage.name == name || $0.id == name }
        }
        guard holding.count <= 1 else {
            throw Problem(
                RemovalError(
                    .ambiguous,
                    "Lineages called '\(name)' are in quarantine in \(holding.map(\.path).joined(separator: " and ")).",
                    "Say which with --tree."))
        }
        guard let home = holding.first else {
            throw Problem(
                RemovalError(
                    .notFound, "No lineage called '\(name)' is in quarantine.",
                    "'steward certs quarantine' lists what is."))
        }
        do throws(RemovalError) {
            let restored = try await quarantine(home).restore(name: name)
            return CertificateChange(
                action: "restore", lineages: [.init(name: restored.item.lineage.name, tree: home.path)],
                notes: restored.warnings)
        } catch {
            throw Problem(error)
        }
    }

    package func purge(
        olderThan age: Duration?, name: String?, tree: String?
    ) async throws(Problem) -> CertificateChange {
        let age = age ?? settings.quarantineAge
        let look = await surveyor.look()
        let paths = try known(tree).map(\.path)
        var change = CertificateChange(action: "purge", lineages: [])
        for home in look.basis.inventory.trees where paths.contains(home.path) {
            let items = look.quarantined.filter { $0.tree == home && (name == nil || $0.item.lineage.name == name) }
                .map(\.item)
            let used = items.filter { look.quarantineUses[$0.id] != nil }
            change.notes += used.map { "\($0.lineage.name) stays: something uses it. Bring it back with restore." }
            let ids = Set(items.map(\.id)).subtracting(used.map(\.id))
            guard !ids.isEmpty else { continue }
            do throws(RemovalError) {
                let gone = try await quarantine(home).purge(olderThan: TimeInterval(age.components.seconds), names: ids)
                change.lineages += gone.map { .init(name: $0.lineage.name, tree: home.path) }
            } catch {
                throw Problem(error, after: change)
            }
        }
        return change
    }

    private func quarantine(_ tree: CertbotTree) -> Quarantine {
        Quarantine(tree: tree, lockedFolders: lockedFolders)
    }

    /// The trees, or the one at `path`.
    private func known(_ path: String?) throws(Problem) -> [CertbotTree] {
        let trees = surveyor.trees()
        guard let path else { return trees }
        guard let tree = trees.first(where: { $0.path == path }) else {
            throw Problem(
                "no-tree", status: 404, title: "There is no such tree",
                detail:
                    "\(path) is none of the trees that are looked at here.\nThere are: \(trees.map(\.path).joined(separator: ", "))."
            )
        }
        return [tree]
    }

    private func parse(_ text: String) throws(Problem) -> Plan {
        do throws(RemovalError) { return try Plan(text: text) } catch { throw Problem(error) }
    }
}
