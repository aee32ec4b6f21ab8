import Glibc
internal import Logging
internal import NIOCore

/// Workers that are ended because they use more than their zone allows, and those whose rights are out of date.
extension WorkerPool {
    /// What the workers may reach has changed: they finish what they have, and fresh ones take their place.
    func renewWorkers() {
        scheduler.renewWorkers(now: monotonicNow())
        perform()
    }

    /// A worker could not open a file of its zone: if its rights are older than the file, another one runs the call.
    func runAgain(_ call: Call, after worker: Worker, sink: any CallSink) -> Bool {
        onOutOfReach?()
        guard worker.isStale, call.moves < 3, !call.hasBegunAnswer else { return false }
        call.moves += 1
        call.sink = sink
        scheduler.runAgain(call, now: monotonicNow())
        return true
    }

    /// Looks how large the workers' scratch folders are, on another thread.
    func watchScratch() {
        guard let scratch else { return }
        let folders = links.values.filter { $0.worker.state == .ready }.compactMap(\.scratch)
        guard !folders.isEmpty else { return }
        scratch.look(at: folders) { full in
            self.loop.execute { self.end(full) }
        }
    }

    private func end(_ folders: Set<String>) {
        for link in links.values {
            guard let folder = link.scratch, folders.contains(folder), link.worker.state == .ready else { continue }
            tell(link, exceeds: .scratch)
            signal(link.worker)
        }
    }

    func tell(_ link: WorkerLink, exceeds limit: ZoneLimit) {
        guard link.worker.exceeded == nil else { return }
        link.worker.exceeded = limit
        logger.warning(
            "A worker of the zone \(zone.prefix) used more than `\(limit.rawValue)` allows and was ended",
            metadata: [
                "event": "limit-exceeded", "limit": "\(limit.rawValue)", "zone": "\(zone.prefix)",
                "worker": "\(link.worker.pid)", "route": "\(link.worker.calls.first?.script.route ?? "")",
            ])
    }
}
