import StewardAPI
import StewardCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// `POST /_platform/reload`: reads the settings again, for admin keys and callers of this machine.
extension PlatformRoutes {
    func reloadSettings(_ journey: Journey) {
        guard journey.caller == .local || journey.caller.isAdmin else {
            return journey.refuse(
                Problem(
                    "key-required", status: 401, title: "A key is required",
                    detail: "The settings are read again for admin keys; on the server itself use `steward reload`."),
                headers: [("WWW-Authenticate", "Bearer realm=\"steward\"")])
        }
        guard journey.exchange.head.method == .POST else { return refuseMethod(journey, allow: "POST") }
        guard let reloader else { return }
        let cause = journey.caller == .local ? "steward reload" : "POST by \(journey.caller.name)"
        let pending = PendingAnswer(journey, loop: loop)
        Task.detached {
            await pending.complete(byReloading: reloader, cause)
        }
    }
}

extension PendingAnswer {
    /// Answers with what a reload did.
    fileprivate func complete(byReloading reloader: Reloader, _ cause: String) async {
        switch await reloader.reload(cause) {
        case .success(let report): complete(.success(Self.encode(report)))
        case .failure(let refusal): complete(.failure(Problem(refused: refusal)))
        }
    }

    private static func encode(_ report: ReloadReport) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(report)).map { Array($0) } ?? []
    }
}

extension Problem {
    init(refused refusal: Reloader.Refusal) {
        self.init(
            "settings-refused", status: 422, title: "The settings were refused and stay as they were",
            detail: refusal.reasons.joined(separator: "\n"))
    }
}
