import Glibc

/// Steward's deploy hook in one certbot tree: a script in `renewal-hooks/deploy` that wakes the loop after a renewal.
/// The loop finds renewals without it too, only later. It never fails certbot.
package struct CertbotHook: Hashable, Sendable {
    /// The script's name in `renewal-hooks/deploy`.
    package static let fileName = "steward-dane"

    /// certbot's configuration folder.
    package var tree: String
    /// The file that the script touches: the loop of this state folder sees it.
    package var signal: String

    /// What is there.
    package enum State: Hashable, Sendable {
        /// No such file.
        case absent
        /// Steward's script, as this version writes it.
        case installed
        /// Steward's script of another version or for another folder.
        case outdated
        /// A file of the same name that Steward did not write.
        case foreign
        /// It can't be seen; why.
        case unreadable(String)
    }

    /// Why the hook was not installed or removed; nothing was changed.
    package struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// A stable word: `foreign`, `no-tree`, `system`.
        package var code: String
        /// What is wrong and what to do: whole sentences.
        package var text: String

        package var description: String { text }
    }

    /// The hook in `tree` that wakes the loop whose state lies in `daneFolder`.
    package init(tree: String, daneFolder: String) {
        self.tree = tree
        signal = "\(daneFolder)/renewed"
    }

    /// Where the script is or would be.
    package var path: String { "\(tree)/renewal-hooks/deploy/\(Self.fileName)" }

    /// What the script begins with, in every version.
    private static let mark = "#!/bin/sh\n# steward-dane: "

    /// The script.
    package var text: String {
        let quoted = "'" + signal.replacing("'", with: "'\\''") + "'"
        return Self.mark + """
            tells Steward that certbot renewed a certificate.
            # Written by 'steward dane hook install', taken away by 'steward dane hook remove'; changes are lost.
            # Where Steward is not there, or certbot runs in a container that doesn't see its folder, nothing happens:
            # Steward watches live/ too. certbot never fails because of this script.
            signal=\(quoted)
            if [ -d "${signal%/*}" ]; then
                (: >"$signal") 2>/dev/null
            fi
            exit 0

            """
    }

    /// What is there.
    package func state() -> State {
        do throws(FileFailure) {
            guard FileFacts(path: folder) != nil || errno != ENOENT else { return .absent }
            let folder = try DurableFolder(path: folder)
            guard let facts = try folder.facts(Self.fileName) else { return .absent }
            guard facts.kind == .file, let bytes = try folder.read(Self.fileName) else { return .foreign }
            if bytes == Array(text.utf8) { return facts.mode & 0o111 == 0o111 ? .installed : .outdated }
            return bytes.starts(with: Self.mark.utf8) ? .outdated : .foreign
        } catch {
            return .unreadable("\(error)")
        }
    }

    /// Writes the script; whether anything had to be changed.
    /// - Throws: ``Failure``: `foreign` where a file of the name is there that Steward did not write.
    @discardableResult
    package func install() throws(Failure) -> Bool {
        switch state() {
        case .installed: return false
        case .foreign: throw foreign
        case .unreadable(let reason): throw Failure(code: "system", text: "The hook can't be installed: \(reason).")
        case .absent, .outdated: break
        }
        guard FileFacts(path: tree)?.kind == .folder else {
            throw Failure(
                code: "no-tree",
                text:
                    "\(tree) is no folder: certbot has no configuration there. Name certbot's folder as 'tree' of the deployment."
            )
        }
        do throws(FileFailure) {
            let folder = try DurableFolder.making(folder, mode: 0o755)
            try folder.replace(Self.fileName, Array(text.utf8), shape: DurableFolder.Shape(mode: 0o755))
            return true
        } catch {
            throw Failure(code: "system", text: "The hook can't be installed: \(error).")
        }
    }

    /// Removes the script; whether there was one.
    /// - Throws: ``Failure``: `foreign` where the file is not Steward's.
    @discardableResult
    package func remove() throws(Failure) -> Bool {
        switch state() {
        case .absent: return false
        case .foreign: throw foreign
        case .unreadable(let reason): throw Failure(code: "system", text: "The hook can't be removed: \(reason).")
        case .installed, .outdated: break
        }
        do throws(FileFailure) { return try DurableFolder(path: folder).remove(Self.fileName) } catch {
            throw Failure(code: "system", text: "The hook can't be removed: \(error).")
        }
    }

    private var folder: String { "\(tree)/renewal-hooks/deploy" }

    private var foreign: Failure {
        Failure(
            code: "foreign",
            text:
                "\(path) was not written by Steward, so it is left as it is. Give it another name, then run this again."
        )
    }
}
