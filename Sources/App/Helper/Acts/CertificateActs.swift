package import StewardAPI
package import StewardCore

/// What can be done about certificates. The command line does it in its own process, the server through the helper;
/// both get the same answers.
package protocol CertificateActs: Sendable {
    /// Looks at everything.
    func survey() async throws(Problem) -> CertificateList
    /// A number that changes when a tree changes; cheap.
    func signature() async throws(Problem) -> TreeSignature
    /// What could go: among all lineages, or among those called `names` alone.
    func plan(names: [String]?) async throws(Problem) -> CertificatePlan
    /// The lineages that the plan with this text would take away; nothing but the text is looked at.
    func entries(plan: String) throws(Problem) -> [CertificatePlan.Entry]
    /// Carries out the plan with this text; lineages go into quarantine, their certificates revoked before if `revoke`.
    func prune(plan: String, revoke: Bool) async throws(Problem) -> CertificateChange
    /// What is in quarantine.
    func quarantine() async throws(Problem) -> CertificateQuarantine
    /// Brings a lineage back; `tree` says which where several trees have one of that name.
    func restore(name: String, tree: String?) async throws(Problem) -> CertificateChange
    /// Removes for good what has been in quarantine for longer than `age` (nil: the settings' age).
    func purge(olderThan age: Duration?, name: String?, tree: String?) async throws(Problem) -> CertificateChange
    /// Who holds certbot's locks; waits up to `wait` for them to be free.
    func lock(wait: Duration) async throws(Problem) -> CertificateLocks
}
