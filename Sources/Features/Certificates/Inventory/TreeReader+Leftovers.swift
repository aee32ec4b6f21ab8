import Glibc

extension TreeReader {
    /// The ACME accounts: `accounts/HOST/PATH/ID/` with `private_key.json` (certbot `account.py`).
    func readAccounts(_ open: inout OpenTree, _ part: inout Part) {
        let path = "\(tree.path)/accounts"
        let folder: Folder
        do throws(SystemError) {
            folder = try open.root.folder(FileName("accounts"))
        } catch {
            if error.number == ENOENT { return open.accounts = Accounts() }
            part.unread.append(UnreadPlace(path, reason: error.text, mayHoldUse: false))
            return
        }
        var (accounts, isWhole) = (Accounts(), true)
        walk(folder, path, depth: 0, &accounts, &isWhole, &part)
        if isWhole { open.accounts = accounts }
    }

    private func walk(
        _ folder: Folder, _ path: String, depth: Int, _ accounts: inout Accounts, _ isWhole: inout Bool,
        _ part: inout Part
    ) {
        guard depth < 6, let entries = try? folder.entries() else {
            isWhole = false
            return
        }
        for (name, type) in entries {
            let place = "\(path)/\(name.text)"
            if name.text == "private_key.json" {
                accounts.add(String(path.dropFirst("\(tree.path)/accounts/".count)))
                let status = folder.status(name)
                if let status, status.mode & 0o006 != 0, passes(folder) {
                    part.add(
                        .accountKeyReadable,
                        "\(place) has mode 0\(String(status.mode, radix: 8)): others can read the ACME account's private "
                            + "key. Run: chmod 0400 \(place).", path: place)
                }
            } else if type == .folder {
                guard let inner = try? folder.folder(name) else {
                    isWhole = false
                    continue
                }
                walk(inner, place, depth: depth + 1, &accounts, &isWhole, &part)
            }
        }
    }

    private func passes(_ folder: Folder) -> Bool { folder.status.map { $0.mode & 0o001 != 0 } ?? false }

    /// What certbot leaves in `keys/` and `csr/` and never reads again.
    func readLeftovers(_ open: OpenTree, _ part: inout Part) {
        leftovers(
            open, "keys", "private key", .leftoverKeys, kind: "key", &part)
        leftovers(open, "csr", "signing request", .leftoverRequests, kind: "csr", &part)
    }

    /// More files than these are told of as one folder.
    private static let mostLeftovers = 1000

    private func leftovers(
        _ open: OpenTree, _ name: String, _ word: String, _ code: InventoryFinding, kind: String, _ part: inout Part
    ) {
        let path = "\(tree.path)/\(name)"
        do throws(SystemError) {
            let folder = try open.root.folder(FileName(name))
            let files = try folder.entries()
            guard let first = files.first else { return }
            if files.count <= Self.mostLeftovers {
                for (file, _) in files {
                    let path = "\(path)/\(file.text)"
                    part.orphan(
                        code, kind, "\(path) is a \(word) that certbot wrote and never reads again.", path: path)
                }
            } else {
                part.orphan(
                    code, kind,
                    "\(path) holds \(files.count) \(word)s that certbot wrote and never reads again (\(first.name.text), "
                        + "...).", path: path)
            }
            guard kind == "key", open.rootStatus.mode & 0o001 != 0, passes(folder) else { return }
            let readable = files.filter {
                folder.status($0.name).map { $0.type == .regular && $0.mode & 0o004 != 0 } ?? false
            }
            if let first = readable.first {
                part.add(
                    .leftoverKeyReadable,
                    "Others can read \(readable.count) private key\(readable.count == 1 ? "" : "s") in \(path), such as "
                        + "\(first.name.text). Run: chmod 0700 \(path).", path: path)
            }
        } catch {
            if error.number != ENOENT { part.unread.append(UnreadPlace(path, reason: error.text, mayHoldUse: false)) }
        }
    }
}
