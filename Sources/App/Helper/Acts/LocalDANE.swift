internal import Foundation
package import StewardAPI
package import StewardCore
package import StewardDANE

/// What can be done about DANE in this process.
package struct LocalDANE: DANEActs {
    /// What carries the rollovers out.
    package let loop: RolloverLoop
    /// Who carries the rollovers out.
    private var runner: DANELoop? { LoopMark.holder(in: loop.folder) }

    /// Acts with `loop`.
    package init(_ loop: RolloverLoop) { self.loop = loop }

    package func status(maxAge: Duration) async throws(Problem) -> DANEStatus {
        let oldest = Date(timeIntervalSinceNow: -Double(maxAge.components.seconds))
        var deployments = await loop.status()
        if deployments.contains(where: { $0.observedAt ?? .distantPast < oldest }) {
            deployments = await loop.status(fresh: true)
        }
        return DANEStatus(deployments, loop: runner)
    }

    package func plan() async throws(Problem) -> DANEPlan {
        let (plans, statuses) = (await loop.plan(), await loop.status())
        return DANEPlan(
            at: CertificateList.time(Date()),
            entries: plans.map { plan in
                .init(plan, state: statuses.first { $0.name == plan.name }?.phase ?? "unknown")
            })
    }

    package func advance(name: String?) async throws(Problem) -> DANEStatus {
        do throws(DANERefusal) {
            return DANEStatus(try await loop.advance(name), loop: runner)
        } catch {
            throw Problem(error)
        }
    }

    package func rollover(name: String, compromised: Bool) async throws(Problem) -> DANERequest {
        let known = loop.deployments.map(\.name)
        guard known.contains(name) else { throw .noDeployment(name, known: known) }
        do throws(DANERefusal) {
            let status = try await loop.request(compromised ? .compromised : .now, deployment: name)
            loop.poke()
            return DANERequest(deployment: name, request: compromised ? "compromised" : "now", text: status.text)
        } catch {
            throw Problem(error)
        }
    }
}

extension Problem {
    /// What `refusal` says, with the HTTP status that fits.
    package init(_ refusal: DANERefusal) {
        let (status, title): (Int, String) =
            switch refusal.code {
            case "no-deployment": (404, "There is no such deployment")
            case "busy": (409, "Another process carries the rollovers out")
            default: (500, "The rollover's state can't be used")
            }
        self.init("dane-\(refusal.code)", status: status, title: title, detail: refusal.text)
    }

    /// Everything that is wrong with the section `dane`, a line each.
    package init(_ error: DANESetupError) {
        self.init(
            "dane-settings", status: 500, title: "The section 'dane' can't be used", detail: error.description)
    }
}
