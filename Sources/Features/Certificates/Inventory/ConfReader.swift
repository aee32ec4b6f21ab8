import Glibc

/// Reads the files in `renewal/`.
struct ConfReader {
    let open: OpenTree

    /// The conf of the lineage `name`.
    func read(_ name: FileName) -> RenewalConf {
        let path = "\(open.tree.path)/renewal/\(name.text).conf"
        let file = FileName(name.bytes + Array(".conf".utf8))
        guard let folder = open.renewal.folder else { return RenewalConf() }
        do throws(FileTrouble) {
            let content = try folder.read(file)
            return judged(content, path)
        } catch {
            if error == .system(SystemError(number: ELOOP)) { return readLink(folder, file, path) }
            return failed(error, path)
        }
    }

    private func readLink(_ folder: Folder, _ file: FileName, _ path: String) -> RenewalConf {
        let target = (try? folder.readLink(file)).map(FileName.shown) ?? "?"
        var conf: RenewalConf
        do throws(FileTrouble) {
            conf = judged(try open.root.readBeneath(Array("renewal/".utf8) + file.bytes), path)
        } catch {
            conf = failed(error, path)
        }
        conf.findings.append(
            Finding(
                .confLink,
                "\(path) is a symlink to \(target). Certbot replaces it with a file at the next renewal; put the file "
                    + "itself there.", path: path))
        return conf
    }

    private func judged(_ content: FileContent, _ path: String) -> RenewalConf {
        var conf = RenewalConf(content.bytes, path: path)
        if !open.trusts(content.status.user) {
            conf.findings.append(
                Finding(
                    .confOwner,
                    "\(path) is owned by the user \(content.status.user), who is neither root nor the tree's owner: "
                        + "that user decides which commands certbot runs. Run: chown root \(path).", path: path))
        }
        if content.status.mode & 0o022 != 0 {
            conf.findings.append(
                Finding(
                    .confWritable,
                    "\(path) has mode 0\(String(content.status.mode, radix: 8)): others can write it and so decide "
                        + "which commands certbot runs. Run: chmod go-w \(path).", path: path))
        }
        if let account = conf.facts?.account, let accounts = open.accounts,
            !accounts.holds(account, server: conf.facts?.server)
        {
            conf.findings.append(
                Finding(
                    .accountMissing,
                    "\(path): account = \(account) is not in \(open.tree.path)/accounts: renewals fail. Restore the "
                        + "account, or issue the certificate again.", path: path))
        }
        return conf
    }

    private func failed(_ trouble: FileTrouble, _ path: String) -> RenewalConf {
        var conf = RenewalConf()
        switch trouble {
        case .tooLarge:
            conf.findings = [
                Finding(.confTooLarge, "\(path) was not read: \(trouble.text). Restore it from a backup.", path: path)
            ]
        case .notRegular:
            conf.findings = [
                Finding(.confNotFile, "\(path) can't be read: \(trouble.text). Move it away.", path: path)
            ]
        case .system(let error):
            let isDenied = trouble.isDenied
            let reason = error.number == EXDEV ? "it leads out of the tree" : error.text
            let out = isDenied ? "Run Steward as root." : "Restore it."
            conf.findings = [Finding(.confUnread, "\(path) can't be read: \(reason). \(out)", path: path)]
            let isNowhere = trouble.isMissing || error.number == EXDEV || error.number == ELOOP
            if !isNowhere { conf.unread = UnreadPlace(path, reason: error.text) }
        }
        return conf
    }
}
