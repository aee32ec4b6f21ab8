internal import StewardCertificates
internal import StewardDNS

extension DeploymentRollover {
    /// Carries an action out; what failed, for the next look.
    func act(_ action: RolloverAction, _ step: RolloverStep, _ look: Look) async -> [Finding] {
        switch action {
        case .publish(let changes): await publish(changes)
        case .deploy(let credential): await deploy(credential, isChecked: true)
        case .rollBack(let credential): await deploy(credential, isChecked: false)
        case .reload: await reload()
        case .stageKey: await stage(look)
        case .issue(let key): await issue(key)
        }
    }

    private func publish(_ changes: [RRsetChange]) async -> [Finding] {
        let publisher = parts.publisher(setup)
        for change in changes {
            do throws(PublishFailure) {
                try await publisher.publish(change)
            } catch {
                // The rest waits: what to do about it is decided by what is seen next.
                return [Finding(error.code, error.isPassing ? .warning : .problem, error.text)]
            }
        }
        return []
    }

    private func deploy(_ credential: Credential, isChecked: Bool) async -> [Finding] {
        do {
            let chain = try files.kept.chain(credential.certificate)
            if isChecked, let reason = await missingRecord(credential) {
                return [Finding("deploy-unsafe", .problem, reason)]
            }
            try setup.deployer.install(chain)
        } catch let failure as KeptChains.Failure {
            return [Finding(failure.code, .problem, failure.text)]
        } catch let failure as Deployer.Failure {
            return [Finding(failure.code, .problem, failure.text, path: setup.file)]
        } catch {
            return [Finding("deploy-failed", .problem, "\(error)")]
        }
        return await reload()
    }

    /// Where a name server that answers doesn't serve the record of a key in the very moment before it is deployed.
    private func missingRecord(_ credential: Credential) async -> String? {
        for view in await parts.servers(setup).servers where view.failure == nil {
            for owner in setup.policy.services.compactMap(\.owner) {
                let records = view.sets[owner]?.records ?? []
                // An owner without records has no DANE that could fail.
                guard !records.isEmpty, !credential.records.contains(where: records.contains) else { continue }
                return
                    "\(view.name) (\(view.server)) no longer serves a record of \(credential.label) at \(owner), just before it was to be deployed. It is not deployed."
            }
        }
        return nil
    }

    private func reload() async -> [Finding] {
        await setup.deployer.reload().map { Finding("reload-failed", .problem, $0) }
    }

    private func stage(_ look: Look) async -> [Finding] {
        // Before anything depends on the key, renewals must not make another one.
        do throws(Issuer.Failure) { try await Issuer(setup: setup, folder: folder).keepKey() } catch {
            return [Finding(error.code, error.isPassing ? .warning : .problem, error.text)]
        }
        let like = look.observation.lineage ?? look.observation.deployed
        let facts = like.flatMap { look.files.chains[$0.certificate]?.facts.key }
        do throws(StagedKeys.Failure) {
            _ = try files.staged.make(StagedKeys.Kind(like: facts), forms: setup.policy.forms, now: parts.now())
            return []
        } catch {
            return [Finding(error.code, .problem, error.text)]
        }
    }

    /// A certificate that was issued just before a crash gets into its lineage.
    func finishIssuing() async {
        guard setup.policy.mode == .next else { return }
        do throws(Issuer.Failure) {
            try await Issuer(setup: setup, folder: folder).finish(files.staged, forms: setup.policy.forms)
        } catch {
            report(RolloverStep.Event(error.code, error.text, isAlarm: !error.isPassing))
        }
    }

    private func issue(_ key: StagedKey) async -> [Finding] {
        do throws(Issuer.Failure) {
            let issuer = Issuer(setup: setup, folder: folder)
            try await issuer.issue(try stagedText(key))
            return []
        } catch {
            return [Finding(error.code, error.isPassing ? .warning : .problem, error.text)]
        }
    }

    private func stagedText(_ key: StagedKey) throws(Issuer.Failure) -> [UInt8] {
        do throws(StagedKeys.Failure) { return try files.staged.text(of: key.spki) } catch {
            throw Issuer.Failure(error.code, error.text)
        }
    }
}
