internal import StewardDNS
import Synchronization

/// A validating resolver whose cache is never older than a few seconds: what was just published must be seen, and deployments
/// that are looked at together need not ask the root each.
struct FreshResolver: Resolving {
    private let validator: Validator
    private let maxAge: Duration
    private let emptied: Emptied

    private final class Emptied: Sendable {
        let last = Mutex<ContinuousClock.Instant?>(nil)
    }

    init(_ validator: Validator, maxAge: Duration) {
        self.validator = validator
        self.maxAge = maxAge
        emptied = Emptied()
    }

    func resolve(_ name: DomainName, _ type: RecordType) async -> Resolution {
        let isOld = emptied.last.withLock { last in
            let now = ContinuousClock.now
            if let then = last, now - then < maxAge { return false }
            last = now
            return true
        }
        // Where it can't be emptied, its answers are as old as their TTL allows, and still validated.
        if isOld { try? validator.forget() }
        return await validator.resolve(name, type)
    }

    /// What it says of the deployment's owners.
    func validation(_ setup: DeploymentSetup) async -> [DomainName: Resolution] {
        await withTaskGroup(of: (DomainName, Resolution).self) { group in
            for owner in Set(setup.policy.services.compactMap(\.owner)) {
                group.addTask { (owner, await resolve(owner, .tlsa)) }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }
}
