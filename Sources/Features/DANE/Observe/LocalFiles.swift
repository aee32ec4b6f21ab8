internal import StewardCertificates
internal import StewardDNS

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// Everything of one deployment that lies in files of this machine: the lineage, its archive, the deployed file, what was
/// kept, the staged keys.
struct LocalFiles: Sendable {
    let setup: DeploymentSetup
    let lineage: LineageFiles
    let kept: KeptChains
    let staged: StagedKeys

    init(_ setup: DeploymentSetup, folder: String) {
        self.setup = setup
        lineage = LineageFiles(tree: setup.tree, name: setup.lineage)
        kept = KeptChains(path: "\(folder)/kept")
        staged = StagedKeys(path: "\(folder)/staged")
    }

    /// What they hold.
    struct Reading: Sendable {
        var lineage: Credential?
        var deployed: Credential?
        /// Earlier certificates whose keys are here.
        var archive: [Credential] = []
        var staged: StagedKey?
        var issued: Credential?
        var flaws: [Finding] = []
        /// The key and chain of each that may be deployed or must be kept, by certificate.
        var chains: [Fingerprint: KeyedChain] = [:]
    }

    /// The versions of the archive that are looked at: a candidate waits through few renewals.
    private static let mostVersions = 6

    /// Reads everything. `next` is the staged key that the state names.
    func read(
        next: StagedKey?, now: Date, isolation: isolated (any Actor)? = #isolation
    ) async -> Reading {
        var reading = Reading()
        do throws(LineageFiles.Trouble) {
            reading.lineage = add(try await lineage.current(), to: &reading)
        } catch {
            reading.flaws.append(Finding(error.code, .problem, error.text, path: "\(setup.tree)/live/\(setup.lineage)"))
        }
        do throws(Deployer.Failure) {
            if let chain = try setup.deployer.read() { reading.deployed = add(chain, to: &reading) }
        } catch {
            reading.flaws.append(Finding(error.code, .problem, error.text, path: setup.file))
        }
        readEarlier(now, &reading)
        readStaged(next, &reading)
        return reading
    }

    private func add(_ chain: KeyedChain, to reading: inout Reading) -> Credential? {
        reading.chains[chain.facts.fingerprint] = chain
        do {
            guard let source = RecordSource(presented: chain.chain) else { return nil }
            return chain.credential(try setup.policy.forms.map { form in try source.record(form).record })
        } catch {
            reading.flaws.append(Finding("records-failed", .problem, "The deployment \(setup.name): \(error)"))
            return nil
        }
    }

    private func readEarlier(_ now: Date, _ reading: inout Reading) {
        var chains = lineage.versions().suffix(Self.mostVersions).compactMap(lineage.version)
        chains += kept.certificates().compactMap { try? kept.chain($0) }
        for chain in chains where chain.facts.notAfter > now && reading.chains[chain.facts.fingerprint] == nil {
            guard let credential = add(chain, to: &reading) else { continue }
            reading.archive.append(credential)
        }
    }

    private func readStaged(_ next: StagedKey?, _ reading: inout Reading) {
        guard setup.policy.mode == .next || next != nil else { return }
        let keys = staged.keys(forms: setup.policy.forms)
        reading.staged = keys.first { $0.spki == next?.spki } ?? keys.last
        guard let wanted = (next ?? reading.staged)?.spki else { return }
        let all = [reading.lineage].compactMap { $0 } + reading.archive
        reading.issued = all.filter { $0.spki == wanted }.max { $0.notBefore < $1.notBefore }
    }
}
