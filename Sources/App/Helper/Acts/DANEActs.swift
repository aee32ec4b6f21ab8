package import StewardAPI
package import StewardCore

/// What can be done about TLSA records and the certificates that they match. The command line does it in its own process
/// where no other one carries the rollovers out, the server through the helper.
package protocol DANEActs: Sendable {
    /// Looks at every deployment; a look that is at most `maxAge` old will do.
    func status(maxAge: Duration) async throws(Problem) -> DANEStatus
    /// What would be done next, and why not now.
    func plan() async throws(Problem) -> DANEPlan
    /// Looks again at once and does what is due: for the deployment called `name`, or for all.
    func advance(name: String?) async throws(Problem) -> DANEStatus
    /// Asks for a rollover of the deployment called `name`; if `compromised`, the old key's record goes at once after it.
    func rollover(name: String, compromised: Bool) async throws(Problem) -> DANERequest
}

extension Problem {
    /// The settings have no section `dane`.
    package static let noDANE = Problem(
        "no-dane", status: 404, title: "DANE is not set up",
        detail:
            "The settings have no section 'dane', or no deployment in it.\ndocs/guides/dane.md shows one; restart the helper with it."
    )

    /// There is no deployment called `name` among `known`.
    package static func noDeployment(_ name: String, known: [String]) -> Problem {
        Problem(
            "no-deployment", status: 404, title: "There is no such deployment",
            detail:
                "No deployment in 'dane.deployments' has the lineage '\(name)'.\nThere are: \(known.joined(separator: ", "))."
        )
    }
}
