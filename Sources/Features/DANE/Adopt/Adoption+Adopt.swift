internal import StewardCertificates
internal import StewardDNS

extension Adoption {
    /// Points the servers that read the lineage of `deployment` directly to its deployed copy: copies what is served now,
    /// edits the configurations (the old ones are kept), lets the servers check them, reloads, sees that the same
    /// certificate is still served; otherwise puts everything back.
    package func adopt(_ deployment: String) async throws(Failure) -> Report {
        guard let rollover = loop.rollover(deployment) else {
            throw Failure("no-deployment", "There is no deployment '\(deployment)'.")
        }
        let all = faults().filter { $0.deployment == rollover.setup.name }
        let faults = all.filter(\.canAdopt)
        var report = Report(deployment: deployment, done: [], left: Self.left(all.filter { !$0.canAdopt }))
        guard !faults.isEmpty else { return report }
        let desk: DeploymentRollover.Desk
        do throws(DANERefusal) { desk = try await rollover.sitDown(patience: .seconds(60)) } catch {
            throw Failure(error.code, error.text)
        }
        defer { withExtendedLifetime(desk.lock) {} }
        let served = try await served(rollover)
        do throws(Deployer.Failure) { try rollover.setup.deployer.install(served) } catch {
            throw Failure(error.code, error.text)
        }
        report.done.append(
            "\(rollover.setup.file) holds what is served now (\(served.facts.fingerprint), until \(served.facts.notAfter.formatted(.iso8601)))."
        )
        let files = ConfigurationFiles(Set(faults.map(\.place.text)), backup: "\(rollover.folder)/adopted")
        try files.keep()
        do throws(Failure) {
            report.done += try await edit(faults, rollover.setup, files)
            report.done += try await use(rollover, served)
        } catch {
            throw await putBack(error, files, rollover)
        }
        report.done.append("The configurations from before are kept in \(files.backup).")
        return report
    }

    private static func left(_ faults: [Fault]) -> [String] {
        faults.map { fault in
            "\(fault.place): \(fault.server.rawValue) reads \(fault.path) (\(fault.directive)). Write there: \(fault.lines.joined(separator: "; "))."
        }
    }

    /// The key and chain of what all services present now.
    private func served(_ rollover: DeploymentRollover) async throws(Failure) -> KeyedChain {
        let look = await rollover.look(next: nil)
        let served = Set(look.observation.endpoints.compactMap { $0.served?.certificate })
        guard let one = served.first, served.count == 1 else {
            let text =
                served.isEmpty
                ? "no service could be seen (\(look.observation.endpoints.first?.failure ?? "there is none"))"
                : "the services present \(served.count) different certificates"
            throw Failure(
                "mismatch",
                "What is served now must be known before anything is changed, and \(text). Mend that, or reload the services, then run this again."
            )
        }
        guard let chain = look.files.chains[one] else {
            throw Failure(
                "mismatch",
                "The services present the certificate \(one), and its key is not in the lineage \(rollover.setup.lineage) or its archive. Reload the services so that they serve the lineage, check with 'steward dane', then run this again."
            )
        }
        return chain
    }

    private func edit(
        _ faults: [Fault], _ setup: DeploymentSetup, _ files: ConfigurationFiles
    ) async throws(Failure) -> [String] {
        let lineage = ["live", "archive"].map { "\(setup.tree)/\($0)/\(setup.lineage)" }
        var done: [String] = []
        var checks: [Command] = []
        for file in Set(faults.map(\.place.text)).sorted() {
            let here = faults.filter { $0.place.text == file }
            if here.first?.server == .postfix {
                let edit = PostfixEdit(folder: String(file.dropLast("/main.cf".count)))
                try await edit.apply(setup.file, insteadOf: lineage)
                checks.append(edit.check)
            } else {
                try files.change(file, lines: here.compactMap(\.place.line), to: setup.file)
                checks.append(DovecotEdit.check(DovecotEdit.main(of: file)))
            }
            done.append("\(file) names \(setup.file) (\(here.map(\.directive).joined(separator: ", "))).")
        }
        for check in checks {
            let outcome = await check.run(seconds: 60)
            guard outcome.isGood else {
                throw Failure("check-failed", "'\(check)' refuses the changed configuration: \(outcome.reason).")
            }
        }
        return done
    }

    /// Reloads, and waits until everything that was seen presents the same certificate.
    private func use(_ rollover: DeploymentRollover, _ served: KeyedChain) async throws(Failure) -> [String] {
        let failures = await rollover.setup.deployer.reload()
        guard failures.isEmpty else { throw Failure("reload-failed", failures.joined(separator: " ")) }
        let end = ContinuousClock.now + patience
        while true {
            let views = await rollover.parts.endpoints(rollover.setup)
            let seen = views.compactMap { $0.served?.certificate }
            if !seen.isEmpty, seen.allSatisfy({ $0 == served.facts.fingerprint }) {
                return ["The services were reloaded and present the same certificate."]
            }
            guard ContinuousClock.now < end else {
                throw Failure(
                    "not-served",
                    "After the reload the services don't present the certificate of \(rollover.setup.file): \(views.first { $0.served?.certificate != served.facts.fingerprint }?.failure ?? "they present another one")."
                )
            }
            try? await Task.sleep(for: .milliseconds(500))
        }
    }

    private func putBack(
        _ failure: Failure, _ files: ConfigurationFiles, _ rollover: DeploymentRollover
    ) async -> Failure {
        do throws(Failure) { try files.putBack() } catch {
            return Failure("not-restored", "\(failure.text) And the configuration can't be put back: \(error.text)")
        }
        let reloads = await rollover.setup.deployer.reload()
        guard reloads.isEmpty else {
            return Failure(
                "not-restored",
                "\(failure.text) The configuration is as before, and the reload failed: \(reloads.joined(separator: " "))"
            )
        }
        return Failure(failure.code, "\(failure.text) Everything is as before.")
    }
}
