import StewardCore
import StewardScripts

/// What the caller is told of a call that failed: never a stack, always what to do next.
struct FailureAnswer {
    var problem: Problem
    var headers: [(String, String)] = []

    init(_ failure: CallFailure, route: String, zone: String) {
        switch failure {
        case .script(let failure): (problem, headers) = Self.answer(failure, route: route, zone: zone)
        case .deadline(started: true):
            problem = Problem(
                "deadline", status: 504, title: "The script took too long",
                detail: "\(route) did not answer within its deadline and was ended.")
        case .deadline(started: false):
            problem = Problem(
                "queue-timeout", status: 503, title: "Too busy",
                detail: "No worker was free for \(route) before its deadline; it did not run.")
            headers = [("Retry-After", "1")]
        case .crashed:
            problem = Problem(
                "worker-crashed", status: 502, title: "The script's process ended",
                detail: "The process that ran \(route) ended before it answered; the call may have taken effect.")
        case .exceeded(.cpu):
            problem = Problem(
                "cpu-limit", status: 503, title: "The script used too much processor time",
                detail: "\(route) used more processor time than `cpu` of the zone \(zone) allows and was ended.")
        case .exceeded(.scratch):
            problem = Problem(
                "scratch-full", status: 507, title: "Insufficient storage",
                detail:
                    "The worker of \(route) had more in its scratch folder than `scratch` of the zone \(zone) allows and was ended."
            )
        case .exceeded(.memory):
            problem = Problem(
                "memory-limit", status: 503, title: "The scripts used too much memory",
                detail:
                    "The processes of the zone \(zone) had more memory than its `memory_total` allows; the one that ran \(route) was ended."
            )
            headers = [("Retry-After", "1")]
        case .overloaded:
            problem = Problem(
                "queue-full", status: 503, title: "Too busy",
                detail: "The queue of the zone \(zone) is full; \(route) did not run.")
            headers = [("Retry-After", "1")]
        case .unavailable(let reason):
            problem = Problem("no-worker", status: 503, title: "No worker", detail: reason)
            headers = [("Retry-After", "2")]
        case .noCards(let refusal):
            problem = Problem(
                refusal.code, status: 503, title: "No GPU",
                detail: "\(refusal.sentence) \(route) did not run.")
            if let seconds = refusal.retryAfter { headers = [("Retry-After", "\(seconds)")] }
        }
    }

    private static func answer(
        _ failure: ScriptFailure, route: String, zone: String
    ) -> (Problem, [(String, String)]) {
        let status = failure.status ?? 500
        switch failure.code {
        case "method-not-allowed":
            let allow = (failure.allow ?? []).joined(separator: ", ")
            let problem = Problem(
                failure.code, status: 405, title: "Method not allowed", detail: "\(route) answers \(allow).")
            return (problem, [("Allow", allow)])
        case "no-route", "gone": return (.noRoute(route, zone: zone), [])
        default:
            return (Problem(failure.code, status: status, title: title(failure.code), detail: failure.message), [])
        }
    }

    private static func title(_ code: String) -> String {
        switch code {
        case "load-error": "The script can't be loaded"
        case "bad-result": "The script returned something that is no answer"
        case "no-entry": "The script has no main"
        case "cgi-error": "The program's output is no CGI answer"
        default: "The script failed"
        }
    }
}

extension Problem {
    /// No script answers this path.
    static func noRoute(_ path: String, zone: String) -> Problem {
        Problem(
            "no-route", status: 404, title: "Not found",
            detail: "No script in the zone \(zone) answers \(path).")
    }
}
