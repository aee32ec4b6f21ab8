extension RolloverLoop {
    /// How many deployments have their turns at the same time. Looking is limited further; this bounds the memory of those that wait
    /// for it, and is so many that those that wait for certbot or a reload keep nobody else waiting.
    private static let turnsAtOnce = 256

    /// Keeps all of them true until the task is cancelled.
    package func run() async {
        await withDiscardingTaskGroup { group in
            let events = signals.begin()
            group.addTask { await self.signals.watch() }
            var agenda = Agenda(count: deployments.count, mostAtOnce: Self.turnsAtOnce, at: .now)
            var alarm: (at: Agenda.Instant, task: Task<Void, any Error>)?
            for await event in events {
                // It has rung: should that have been too early, it is set again.
                if case .time = event { alarm = nil }
                agenda.take(event, at: .now)
                for index in agenda.begin(at: .now) { group.addTask { await self.turn(index) } }
                guard alarm?.at != agenda.next else { continue }
                alarm?.task.cancel()
                alarm = agenda.next.map { next in (next, Task { try await self.ring(at: next) }) }
            }
            alarm?.task.cancel()
        }
    }

    private func turn(_ index: Int) async {
        let wait = await rollovers[index].turn()
        signals.tell(.rested(index, until: .now + wait))
    }

    private func ring(at time: Agenda.Instant) async throws {
        try await Task.sleep(until: time, clock: .continuous)
        signals.tell(.time)
    }
}

extension Agenda {
    /// Takes over what happened.
    fileprivate mutating func take(_ event: Signals.Event, at now: Instant) {
        switch event {
        case .changed(let index): wake(index, at: now)
        case .touched: wakeAll(at: now)
        case .rested(let index, let next): finish(index, next: next, at: now)
        case .time: break
        }
    }
}
