import Glibc

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// A deployment's state on disk: one JSON file, replaced whole.
struct StateFile: Sendable {
    /// The deployment's folder.
    let folder: String

    private static let name = "state.json"

    /// The state; nil where there never was one.
    func load() throws(DANERefusal) -> RolloverState? {
        do {
            guard FileFacts(path: folder) != nil || errno != ENOENT else { return nil }
            guard let bytes = try DurableFolder(path: folder).read(Self.name) else { return nil }
            return try JSONDecoder().decode(RolloverState.self, from: Data(bytes))
        } catch let failure as FileFailure {
            throw DANERefusal("state-unreadable", "The rollover's state can't be read: \(failure).")
        } catch {
            throw DANERefusal(
                "state-unreadable",
                "\(folder)/\(Self.name) is damaged (\(error)). Restore it from a backup; or move it away, and what is served and published now becomes the beginning: nothing that is served is taken away."
            )
        }
    }

    /// Puts `state` in the file's place; on disk when it returns.
    func save(_ state: RolloverState) throws(DANERefusal) {
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
            try DurableFolder.making(folder).replace(Self.name, Array(try encoder.encode(state)))
        } catch {
            throw DANERefusal(
                "state-unwritable", "The rollover's state can't be written, so nothing is done: \(error).")
        }
    }
}
