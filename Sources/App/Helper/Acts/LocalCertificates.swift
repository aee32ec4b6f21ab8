package import StewardAPI
package import StewardCertificates
package import StewardCore

/// What can be done about certificates in this process.
package struct LocalCertificates: CertificateActs {
    private let settings: CertificatesSettings
    private let root: String

    /// Acts under `settings` on the machine whose root is `root`.
    package init(settings: CertificatesSettings, root: String) {
        self.settings = settings
        self.root = root
    }

    /// The places that the acts write to.
    package var writablePlaces: [Confinement.Place] { [] }

    package func survey() async throws(Problem) -> CertificateList { fatalError() }
    package func signature() async throws(Problem) -> TreeSignature { fatalError() }
    package func plan(names: [String]?) async throws(Problem) -> CertificatePlan { fatalError() }
    package func entries(plan: String) throws(Problem) -> [CertificatePlan.Entry] { fatalError() }
    package func prune(plan: String) async throws(Problem) -> CertificateChange { fatalError() }
    package func quarantine() async throws(Problem) -> CertificateQuarantine { fatalError() }
    package func restore(name: String, tree: String?) async throws(Problem) -> CertificateChange { fatalError() }
    package func purge(olderThan age: Duration?, name: String?, tree: String?) async throws(Problem)
        -> CertificateChange
    { fatalError() }
    package func lock(wait: Duration) async throws(Problem) -> CertificateLocks { fatalError() }
}
