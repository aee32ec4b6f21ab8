#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

/// What a Docker daemon says about volumes and containers.
package struct DockerFacts: Hashable, Sendable {
    /// A named volume.
    package struct Volume: Hashable, Sendable {
        package var name: String
        /// Where its files are on this machine.
        package var mountpoint: String

        package init(name: String, mountpoint: String) {
            self.name = name
            self.mountpoint = mountpoint
        }
    }

    /// A container, running or not.
    package struct Container: Hashable, Sendable {
        /// Its id, 64 hexadecimal digits.
        package var id: String
        package var name: String
        package var image: String
        package var isRunning: Bool
        package var mounts: [Mount]

        package init(
            name: String, image: String = "", isRunning: Bool = true, mounts: [Mount] = [], id: String = ""
        ) {
            self.id = id
            self.name = name
            self.image = image
            self.isRunning = isRunning
            self.mounts = mounts
        }
    }

    /// A folder or file that a container sees.
    package struct Mount: Hashable, Sendable {
        /// The volume's name; nil for bind mounts.
        package var volume: String?
        /// The place on this machine.
        package var source: String
        /// The place in the container.
        package var destination: String

        package init(volume: String? = nil, source: String, destination: String) {
            self.volume = volume
            self.source = source
            self.destination = destination
        }
    }

    /// The daemon's root folder, usually `/var/lib/docker`.
    package var root: String?
    /// Every named volume.
    package var volumes: [Volume]
    /// Every container.
    package var containers: [Container]

    package init(root: String? = nil, volumes: [Volume] = [], containers: [Container] = []) {
        self.root = root
        self.volumes = volumes
        self.containers = containers
    }

    /// Asks the daemon at `socket` (Engine API: `/info`, `/volumes`, `/containers/json`).
    package static func ask(_ socket: DockerSocket) throws(DockerSocket.Failure) -> DockerFacts {
        let info = try decode(Info.self, socket.get("/info"))
        let volumes = try decode(Volumes.self, socket.get("/volumes"))
        let containers = try decode([Listed].self, socket.get("/containers/json?all=1"))
        let known = (volumes.Volumes ?? []).map { Volume(name: $0.Name, mountpoint: $0.Mountpoint) }
        let places = Dictionary(known.map { ($0.name, $0.mountpoint) }, uniquingKeysWith: { one, _ in one })
        return DockerFacts(
            root: info.DockerRootDir, volumes: known, containers: containers.map { container($0, places) })
    }

    private static func container(_ listed: Listed, _ places: [String: String]) -> Container {
        let name = (listed.Names?.first ?? listed.Id ?? "?").drop { $0 == "/" }
        let mounts = (listed.Mounts ?? []).compactMap { mount -> Mount? in
            let volume = mount.Kind == "volume" ? mount.Name : nil
            let source = volume.flatMap { places[$0] } ?? mount.Source ?? ""
            guard let destination = mount.Destination, !source.isEmpty else { return nil }
            return Mount(volume: volume, source: source, destination: destination)
        }
        return Container(
            name: String(name), image: listed.Image ?? "", isRunning: listed.State == "running", mounts: mounts,
            id: listed.Id ?? "")
    }

    private static func decode<Value: Decodable>(
        _ type: Value.Type, _ bytes: [UInt8]
    ) throws(DockerSocket.Failure) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch {
            throw .unreadable("\(error)")
        }
    }

    // The Engine API's own field names.
    // swift-format-ignore: AlwaysUseLowerCamelCase
    private struct Info: Decodable { var DockerRootDir: String? }
    // swift-format-ignore: AlwaysUseLowerCamelCase
    private struct Volumes: Decodable { var Volumes: [Named]? }
    // swift-format-ignore: AlwaysUseLowerCamelCase
    private struct Named: Decodable {
        var Name: String
        var Mountpoint: String
    }
    // swift-format-ignore: AlwaysUseLowerCamelCase
    private struct Listed: Decodable {
        var Id: String?
        var Names: [String]?
        var Image: String?
        var State: String?
        var Mounts: [Mounted]?
    }
    // swift-format-ignore: AlwaysUseLowerCamelCase
    private struct Mounted: Decodable {
        enum CodingKeys: String, CodingKey {
            case Kind = "Type"
            case Name, Source, Destination
        }

        var Kind: String?
        var Name: String?
        var Source: String?
        var Destination: String?
    }
}
