import Glibc
internal import StewardCertificates

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

extension DeploymentRollover {
    /// The deployment's folder with its lock held: whoever has this may act.
    struct Desk {
        let lock: RolloverLock
        let journal: RolloverJournal
    }

    /// Takes the lock, waiting up to `patience` while another process has it.
    func sitDown(patience: Duration) async throws(DANERefusal) -> Desk {
        let end = ContinuousClock.now + patience
        while true {
            do throws(DANERefusal) {
                let opened = try open()
                return Desk(lock: try RolloverLock(opened), journal: RolloverJournal(opened))
            } catch {
                guard error.code == "busy", ContinuousClock.now < end else { throw error }
            }
            do { try await Task.sleep(for: .milliseconds(50)) } catch {
                throw DANERefusal("busy", "The rollover of \(setup.name) was cancelled before it began.")
            }
        }
    }

    private func open() throws(DANERefusal) -> DurableFolder {
        do throws(FileFailure) { return try DurableFolder.making(folder) } catch {
            throw DANERefusal("state-unwritable", "The rollover's folder can't be used, so nothing is done: \(error).")
        }
    }

    /// The state on disk; at the beginning where there is none. Damage is set aside and told.
    func load(_ desk: Desk) throws(DANERefusal) -> RolloverState {
        do throws(FileFailure) {
            let content = try desk.journal.load()
            if let damage = content.damage { report(RolloverStep.Event("state-damaged", damage, isAlarm: true)) }
            return content.state ?? RolloverState(since: parts.now())
        } catch {
            throw DANERefusal("state-unreadable", "The rollover's state can't be read, so nothing is done: \(error).")
        }
    }

    /// Makes a state durable.
    func save(_ state: RolloverState, _ text: String, _ desk: Desk) throws(DANERefusal) {
        do throws(FileFailure) { try desk.journal.save(state, at: parts.now(), text: text) } catch {
            throw DANERefusal(
                "state-unwritable", "The rollover's state can't be written, so nothing is done: \(error).")
        }
    }

    /// The state on disk without touching anything; at the beginning where there is none or it is damaged.
    func peek() throws(DANERefusal) -> RolloverState {
        let beginning = RolloverState(since: parts.now())
        guard FileFacts(path: folder) != nil || errno != ENOENT else { return beginning }
        do throws(FileFailure) {
            guard let bytes = try DurableFolder(path: folder).read("state.json", limit: 4 << 20) else {
                return beginning
            }
            return (try? JSONDecoder().decode(RolloverState.self, from: Data(bytes))) ?? beginning
        } catch {
            throw DANERefusal("state-unreadable", "The rollover's state can't be read: \(error).")
        }
    }
}
