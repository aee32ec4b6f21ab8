extension LineageReader {
    /// Reads where the four symlinks lead.
    func readLive(_ draft: inout Draft) {
        guard let lives = open.live.folder else {
            if case .missing = open.live { noLive(&draft) }
            return
        }
        let name = FileName(draft.livePlace.last ?? draft.name.bytes)
        let path = open.paths.shown(draft.livePlace)
        guard let type = open.liveTypes[name] else { return noLive(&draft) }
        draft.result.lineage.livePath = path
        guard type == .folder else {
            let leads = type == .link ? (try? lives.readLink(name)).map { " to \(FileName.shown($0))" } ?? "" : ""
            return draft.add(
                .liveNotFolder, "\(path) is \(type.words)\(leads), not a folder. Put the folder back.", path: path)
        }
        do throws(SystemError) {
            try readLinks(lives.folder(name), path, &draft)
            judgeLinks(path, &draft)
        } catch {
            draft.add(.liveUnread, "\(path) can't be read: \(error.text). Run Steward as root.", path: path)
            draft.result.unread.append(UnreadPlace(path, reason: error.text))
        }
    }

    private func noLive(_ draft: inout Draft) {
        let path = open.paths.shown(draft.livePlace)
        draft.add(
            .liveMissing,
            "\(path) is missing: no server can use the lineage by certbot's paths. Restore it, or issue the "
                + "certificate again.", path: path)
    }

    private static let files = Lineage.Kind.allCases.map { (kind: $0, name: FileName($0.file)) }
    private static let readme = Array("README".utf8)

    private func readLinks(_ folder: Folder, _ path: String, _ draft: inout Draft) throws(SystemError) {
        var types: [FileType?] = [nil, nil, nil, nil]
        var extra: [FileName] = []
        try folder.forEach(buffer) { name, type in
            if let file = Self.files.firstIndex(where: { name.elementsEqual($0.name.bytes) }) {
                types[file] = type == .unknown ? folder.status(Self.files[file].name)?.type ?? type : type
            } else if !name.elementsEqual(Self.readme) {
                extra.append(FileName(Array(name)))
            }
        }
        let chaser = LinkChaser(root: open.root, paths: open.paths)
        let (place, listing) = (draft.archivePlace, draft.listing)
        for (index, file) in Self.files.enumerated() {
            guard let type = types[index] else {
                draft.links.append(LiveLink(kind: file.kind, end: .missing))
                continue
            }
            if type != .link {
                draft.links.append(LiveLink(kind: file.kind, end: type == .regular ? .notLink : .odd(type)))
                continue
            }
            let target = try folder.readLink(file.name)
            draft.links.append(
                chaser.follow(target, kind: file.kind, from: draft.livePlace) { parts in
                    parts.count == place.count + 1 && parts.starts(with: place)
                        && VersionFile(parts[place.count]).map(listing.holds) ?? false
                })
        }
        extra.sort()
        if let first = extra.first {
            draft.add(
                .liveExtra,
                "\(path) holds \(extra.count == 1 ? "an extra file" : "\(extra.count) extra files") that certbot does "
                    + "not put there: \(first.text)\(extra.count > 1 ? ", ..." : "").", path: "\(path)/\(first.text)")
        }
    }

    // MARK: - Judging

    private func judgeLinks(_ path: String, _ draft: inout Draft) {
        let before = draft.result.lineage.findings.count
        for link in draft.links { judge(link, "\(path)/\(link.kind.file)", &draft) }
        merge(from: before, &draft)
        let versions = draft.links.map { $0.archive?.file?.version }
        let stated = Set(versions.compactMap { $0 })
        if stated.count > 1 {
            let list = zip(draft.links, versions).compactMap { link, version in
                version.map { "\(link.kind.rawValue) to version \($0)" }
            }
            draft.add(
                .liveMixedVersions,
                "The symlinks in \(path) lead to different versions: \(list.joined(separator: ", ")). Run "
                    + "'certbot update_symlinks', or point all four at one version.", path: path)
        } else if let version = stated.first, !versions.contains(nil) {
            draft.result.lineage.version = version
            if let newest = draft.listing.newestComplete, newest > version {
                draft.add(
                    .liveBehind,
                    "\(path) leads to version \(version); the archive holds a newer one, \(newest). If that is not "
                        + "meant, run 'certbot update_symlinks'.", path: path)
            }
        }
    }

    /// What is wrong with several symlinks alike is said once.
    private func merge(from first: Int, _ draft: inout Draft) {
        var merged: [Finding] = []
        var others: [String: [String]] = [:]
        for finding in draft.result.lineage.findings[first...] {
            if merged.contains(where: { $0.code == finding.code }) {
                let name = finding.path?.split(separator: "/").last.map(String.init) ?? ""
                others[finding.code, default: []].append(name)
            } else {
                merged.append(finding)
            }
        }
        for index in merged.indices {
            guard let names = others[merged[index].code] else { continue }
            merged[index].text += " Likewise \(names.joined(separator: ", "))."
        }
        draft.result.lineage.findings.replaceSubrange(first..., with: merged)
    }

    private func judge(_ link: LiveLink, _ path: String, _ draft: inout Draft) {
        let right = "../../archive/\(draft.name.text)/\(link.kind.rawValue)N.pem"
        func tell(_ code: InventoryFinding, _ text: String) { draft.add(code, text, path: path) }
        switch link.end {
        case .missing: tell(.liveKindMissing, "\(path) is missing. Make it a symlink to \(right).")
        case .notLink:
            tell(
                .liveNotLink,
                "\(path) is a regular file instead of a symlink: certbot refuses the lineage. Move the file to the "
                    + "archive under the next version, and make the symlink.")
        case .odd(let type):
            tell(.liveBroken, "\(path) leads to \(type.words), not to a regular file. Make it lead to \(right).")
        case .nowhere(let reason):
            tell(.liveBroken, "\(path) is a broken symlink: \(reason). Make it lead to \(right).")
        case .outside(let target):
            open.paths.reachable(target).map { draft.outside.append($0) }
            tell(
                .liveOutside,
                "\(path) leads out of the tree, to \(FileName.shown(target)). Certbot refuses that; make it lead to "
                    + "\(right).")
        case .inside, .host: judgeInside(link, path, &draft)
        }
        if link.isAbsolute {
            tell(
                .liveAbsolute,
                "\(path) is an absolute symlink: it breaks where the tree is moved or mounted elsewhere. Make it "
                    + "\(right).")
        }
        if link.hops > 1, link.isWhole {
            tell(
                .liveChained,
                "\(path) leads through another symlink (\(link.hops) in a chain). Make it lead to \(right).")
        }
    }

    private func judgeInside(_ link: LiveLink, _ path: String, _ draft: inout Draft) {
        func tell(_ code: InventoryFinding, _ text: String) { draft.add(code, text, path: path) }
        let target = link.shown(open.paths)
        if case .host = link.end {
            tell(.liveBroken, "\(path) leads to \(target), which is a path of the host that certbot does not know.")
        }
        guard let (name, file) = link.archive, let file else {
            return tell(.liveOddTarget, "\(path) leads to \(target), which is no version in an archive folder.")
        }
        if name.bytes != draft.archivePlace.last || draft.archivePlace.count != 2 {
            draft.result.linkedArchives.insert(name)
            tell(
                .liveOther,
                "\(path) leads into another archive than the lineage's own, "
                    + "\(name.text): removing that one would break this one. Issue this certificate again.")
        } else {
            draft.result.linkedArchives.insert(name)
        }
        if file.kind != link.kind {
            tell(
                .liveWrongKind,
                "\(path) leads to the wrong kind of file, \(file.name.text). Make it lead to "
                    + "\(link.kind.rawValue)\(file.version).pem.")
        }
    }

}
