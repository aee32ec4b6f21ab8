/// Finds certbot trees: the ones that are named, `/etc/letsencrypt`, Docker's and Podman's named volumes, folders that
/// containers have mounted.
package struct TreeFinder: Sendable {
    /// What was found.
    package struct Found: Hashable, Sendable {
        /// The trees, named ones first, each once.
        package var trees: [CertbotTree] = []
        /// What could not be looked at; trees may be there.
        package var unread: [UnreadPlace] = []
        /// What the daemons that answered say, for evidence of use.
        package var docker: [DockerFacts] = []
    }

    private let standard: String
    private let volumeFolders: [String]
    private let sockets: [DockerSocket]
    private let configRoot: String

    /// - Parameters:
    ///   - configRoot: the folder that `/etc` and everything else is looked for in; empty for this machine's root.
    ///   - standard: certbot's default folder.
    ///   - volumeFolders: where named volumes are: one folder each, with `_data` in it.
    ///   - sockets: the daemons to ask. None of another root's is asked by default.
    package init(
        configRoot: String = "", standard: String = "/etc/letsencrypt",
        volumeFolders: [String] = ["/var/lib/docker/volumes", "/var/lib/containers/storage/volumes"],
        sockets: [DockerSocket]? = nil
    ) {
        self.configRoot =
            configRoot == "/" ? "" : configRoot.hasSuffix("/") ? String(configRoot.dropLast()) : configRoot
        self.standard = standard
        self.volumeFolders = volumeFolders
        let own = [DockerSocket(), DockerSocket(path: "/run/podman/podman.sock")]
        self.sockets = sockets ?? (self.configRoot.isEmpty ? own : [])
    }

    /// `named` and every other tree that can be found; blocks while it looks.
    package func find(named: [CertbotTree] = []) -> Found {
        var found = Found()
        for tree in named { add(tree, &found) }
        if let own = Self.treeFolder(configRoot + standard) {
            add(CertbotTree(path: own.path, origin: .standard, ownPath: standard), &found)
        } else {
            noteUnreadable(configRoot + standard, &found)
        }
        for socket in sockets { ask(socket, &found) }
        let mounts = found.docker.flatMap { facts in
            facts.containers.flatMap { container in container.mounts.map { (container, $0) } }
        }
        for facts in found.docker {
            for volume in facts.volumes {
                let destinations = mounts.filter { $0.1.volume == volume.name }.map(\.1.destination)
                addVolume(volume.name, volume.mountpoint, destinations, &found)
            }
        }
        for folder in volumeFolders { list(configRoot + folder, &found) }
        for (container, mount) in mounts where mount.volume == nil {
            guard let tree = Self.treeFolder(mount.source) else { continue }
            let destinations = mounts.filter { $0.1.source == mount.source }.map { $0.1.destination + tree.below }
            add(
                CertbotTree(
                    path: tree.path,
                    origin: .containerMount(container: container.name, destination: mount.destination),
                    ownPath: Self.ownPath(tree.path, destinations)), &found)
        }
        return found
    }

    /// The tree at `path`, named by a person: certbot's own path is told from a configuration root, or from the confs
    /// where the path is a Docker volume's.
    package static func named(_ path: String, configRoot: String = "") -> CertbotTree {
        let path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
        let root = configRoot.hasSuffix("/") ? String(configRoot.dropLast()) : configRoot
        let isInside = !root.isEmpty && path.hasPrefix(root + "/")
        let inside = isInside ? String(path.dropFirst(root.count)) : path
        let isVolume = path.hasSuffix("/_data") && path.contains("/volumes/")
        return CertbotTree(path: path, ownPath: isVolume ? statedPath(path) ?? inside : inside)
    }

    // MARK: - Docker

    private func ask(_ socket: DockerSocket, _ found: inout Found) {
        do throws(DockerSocket.Failure) {
            found.docker.append(try DockerFacts.ask(socket))
        } catch {
            switch error {
            case .absent, .notRunning: return
            default:
                let reason = "\(error). Volumes and containers with certificates may be missed."
                found.unread.append(UnreadPlace(socket.path, reason: reason))
            }
        }
    }

    private func list(_ folder: String, _ found: inout Found) {
        do throws(SystemError) {
            for (name, type) in try Folder.open(folder).entries() where type == .folder && name.isPlain {
                addVolume(name.text, "\(folder)/\(name.text)/_data", [], &found)
            }
        } catch {
            let trouble = FileTrouble.system(error)
            if trouble.isMissing { return }
            found.unread.append(UnreadPlace(folder, reason: "\(error.text): volumes with certificates may be missed"))
        }
    }

    /// A folder that is there and can't be opened may be a tree.
    private func noteUnreadable(_ path: String, _ found: inout Found) {
        do throws(SystemError) { _ = try Folder.open(path) } catch {
            if FileTrouble.system(error).isMissing { return }
            found.unread.append(
                UnreadPlace(path, reason: "\(error.text): certbot's lineages may be there. Run Steward as root."))
        }
    }

    private func addVolume(_ name: String, _ mountpoint: String, _ destinations: [String], _ found: inout Found) {
        guard let tree = Self.treeFolder(mountpoint) else { return }
        let own = Self.ownPath(tree.path, destinations.map { $0 + tree.below })
        add(CertbotTree(path: tree.path, origin: .dockerVolume(name), ownPath: own), &found)
    }

    private func add(_ tree: CertbotTree, _ found: inout Found) {
        let new = TreePaths(tree).resolved
        if found.trees.contains(where: { $0.path == tree.path || TreePaths($0).resolved == new }) { return }
        found.trees.append(tree)
    }

    // MARK: - Folders

    /// Where in a mounted folder a tree may be.
    private static let below = ["", "/letsencrypt", "/etc/letsencrypt", "/conf", "/certbot"]

    /// The tree at `path` or in one of the usual folders below it.
    static func treeFolder(_ path: String) -> (path: String, below: String)? {
        for part in below {
            guard let folder = try? Folder.open(path + part) else { continue }
            let has = { (name: String) in folder.status(FileName(name))?.type == .folder }
            // renewal alone is a folder's name that others use too: a conf must be in it.
            if has("live") && has("archive") || has("renewal") && holdsConf(folder) { return (path + part, part) }
        }
        return nil
    }

    private static func holdsConf(_ folder: Folder) -> Bool {
        let entries = try? folder.folder(FileName("renewal")).entries()
        return entries?.contains { $0.name.hasSuffix(".conf") } ?? false
    }

    /// The path by which certbot knows the tree at `path`: what its confs say, else certbot's default if it is among the
    /// `destinations` of mounts, else the first of them, else `path`.
    static func ownPath(_ path: String, _ destinations: [String]) -> String {
        let stated = statedPath(path)
        if let stated, destinations.isEmpty || destinations.contains(stated) { return stated }
        if destinations.contains("/etc/letsencrypt") { return "/etc/letsencrypt" }
        return stated ?? destinations.first ?? path
    }

    /// What most of the first confs' `archive_dir` begin with.
    private static func statedPath(_ path: String) -> String? {
        guard let folder = try? Folder.open(path + "/renewal"), let entries = try? folder.entries() else { return nil }
        var counts: [String: Int] = [:]
        for (name, type) in entries.filter({ $0.name.hasSuffix(".conf") }).prefix(64) where type == .regular {
            guard let content = try? folder.read(name) else { continue }
            let stated = ConfigObj(content.bytes).root["archive_dir"]?.text ?? ""
            let ending = "/archive/" + String(name.text.dropLast(5))
            if stated.hasPrefix("/"), stated.hasSuffix(ending) {
                counts[String(stated.dropLast(ending.count)), default: 0] += 1
            }
        }
        return counts.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
    }
}
