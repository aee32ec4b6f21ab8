import Foundation
import Testing

@testable import StewardCertificates

@Suite struct DockerTests {
    private let volumes = """
        {"Volumes": [{"Name": "le", "Driver": "local", "Mountpoint": "/srv/v/le/_data"}], "Warnings": null}
        """
    private let containers = """
        [{"Id": "0a", "Names": ["/web"], "Image": "nginx", "State": "running", "Mounts": [
          {"Type": "volume", "Name": "le", "Source": "", "Destination": "/etc/nginx/certs", "RW": false},
          {"Type": "bind", "Source": "/srv/app", "Destination": "/app"}]},
         {"Id": "0b", "Names": ["/certbot"], "Image": "certbot/certbot", "State": "exited", "Mounts": []}]
        """

    private func socket(_ daemon: StandInDaemon, patience: Duration = .seconds(10)) -> DockerSocket {
        DockerSocket(path: daemon.path, timeout: patience)
    }

    @Test func volumesAndContainersAreRead() throws {
        let daemon = try StandInDaemon([
            "/info": StandInDaemon.counted(#"{"DockerRootDir": "/srv/docker", "NCPU": 2}"#),
            "/volumes": StandInDaemon.chunked(volumes), "/containers/json?all=1": StandInDaemon.chunked(containers),
        ])
        let facts = try DockerFacts.ask(socket(daemon))
        #expect(facts.root == "/srv/docker")
        #expect(facts.volumes == [.init(name: "le", mountpoint: "/srv/v/le/_data")])
        #expect(facts.containers.map(\.name) == ["web", "certbot"])
        #expect(facts.containers.map(\.isRunning) == [true, false])
        #expect(
            facts.containers[0].mounts == [
                .init(volume: "le", source: "/srv/v/le/_data", destination: "/etc/nginx/certs"),
                .init(source: "/srv/app", destination: "/app"),
            ])
    }

    @Test func aDaemonWithNothingIsRead() throws {
        let daemon = try StandInDaemon([
            "/info": StandInDaemon.counted("{}"), "/volumes": StandInDaemon.counted(#"{"Volumes": null}"#),
            "/containers/json?all=1": StandInDaemon.counted("[]"),
        ])
        #expect(try DockerFacts.ask(socket(daemon)) == DockerFacts())
    }

    @Test(arguments: [
        (["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}", ""], "timedOut"), ([""], "timedOut"),
        (["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}"], "unreadable"), (["SSH-2.0\r\n\r\n"], "unreadable"),
        (["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"], "unreadable"),
        (["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n"], "unreadable"),
        (["HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n"], "unreadable"),
        (["HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"], "unreadable"),
        (["HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[1]"], "unreadable"),
        (["HTTP/1.1 500 Internal\r\nContent-Length: 2\r\n\r\nno"], "refused"), ([], "unreadable"),
    ])
    func badAnswersHaveAReason(_ pieces: [String], _ reason: String) throws {
        let daemon = try StandInDaemon(["/info": pieces])
        do throws(DockerSocket.Failure) {
            _ = try DockerFacts.ask(socket(daemon, patience: reason == "timedOut" ? .milliseconds(700) : .seconds(10)))
            Issue.record("nothing is wrong with it")
        } catch {
            let kind =
                switch error {
                case .timedOut: "timedOut"
                case .unreadable: "unreadable"
                case .refused: "refused"
                default: "\(error)"
                }
            #expect(kind == reason, "\(error)")
        }
    }

    @Test func noSocketAndNobodyBehindItAreToldApart() throws {
        #expect(throws: DockerSocket.Failure.absent) { try DockerSocket(path: "/nonexistent.sock").get("/info") }
        let daemon = try StandInDaemon([:])
        let copy = daemon.path + "2"
        #expect(rename(daemon.path, copy) == 0)
        defer { unlink(copy) }
        #expect(throws: DockerSocket.Failure.refused(404, "{\"message\":\"no\"}   ")) {
            try DockerSocket(path: copy).get("/x")
        }
        let folder = try InventoryTree()
        let path = folder.path + "/s"
        try folder.write("s", "")
        #expect(throws: DockerSocket.Failure.notRunning) { try DockerSocket(path: path).get("/info") }
    }

    @Test func answersAreTakenInAnyPieces() throws {
        for pieces in [StandInDaemon.counted(volumes), StandInDaemon.chunked(volumes)] {
            let bytes = Array(pieces.joined().utf8)
            for size in [1, 2, 3, 5, 64, 4096] {
                var answer = DockerAnswer()
                for start in stride(from: 0, to: bytes.count, by: size) {
                    try answer.receive(bytes[start..<min(start + size, bytes.count)])
                }
                #expect(answer.isComplete && answer.status == 200 && answer.body == Array(volumes.utf8), "\(size)")
            }
        }
    }

    @Test func anAnswerMayEndWithTheConnection() throws {
        var answer = DockerAnswer()
        try answer.receive(Array("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.0 200 OK\r\n\r\nabc".utf8))
        #expect(!answer.isComplete)
        try answer.end()
        #expect(answer.isComplete && answer.body == Array("abc".utf8))
    }

    @Test func nothingMakesItTrap() {
        var generator = SeededGenerator(3)
        for pieces in [StandInDaemon.counted(volumes), StandInDaemon.chunked(volumes)] {
            for _ in 0..<2000 {
                var answer = DockerAnswer()
                try? answer.receive(generator.damaged(Array(pieces.joined().utf8)))
                try? answer.end()
            }
        }
    }
}

@Suite struct TreeFinderTests {
    private func volume(_ root: InventoryTree, _ name: String, own: String = "/etc/letsencrypt") throws {
        try root.makeFolder("volumes/\(name)/_data/renewal")
        try root.write("volumes/\(name)/_data/renewal/a.conf", InventoryTree.conf("a", own: own))
    }

    @Test func volumesThatHoldATreeAreFoundWithCertbotsOwnPath() throws {
        let root = try InventoryTree()
        try volume(root, "le")
        try volume(root, "odd", own: "/data/le")
        try root.makeFolder("volumes/db/_data/base")
        try root.makeFolder("volumes/nested/_data/letsencrypt/live")
        try root.makeFolder("volumes/nested/_data/letsencrypt/archive")
        let finder = TreeFinder(standard: "/nonexistent", volumeFolders: ["\(root.path)/volumes"], sockets: [])
        let found = finder.find()
        #expect(found.trees.map(\.origin) == [.dockerVolume("le"), .dockerVolume("nested"), .dockerVolume("odd")])
        #expect(found.trees.map(\.ownPath)[0] == "/etc/letsencrypt" && found.trees[2].ownPath == "/data/le")
        #expect(found.trees[1].path == "\(root.path)/volumes/nested/_data/letsencrypt")
        #expect(found.unread.isEmpty)
    }

    @Test func theStandardTreeIsFoundBelowAnotherRoot() throws {
        let root = try InventoryTree()
        try root.makeFolder("etc/letsencrypt/live")
        try root.makeFolder("etc/letsencrypt/archive")
        let finder = TreeFinder(configRoot: root.path + "/")
        let tree = CertbotTree(path: "\(root.path)/etc/letsencrypt", origin: .standard, ownPath: "/etc/letsencrypt")
        #expect(finder.find().trees == [tree])
        let named = TreeFinder.named("\(root.path)/etc/letsencrypt/", configRoot: root.path)
        #expect(named.path == tree.path && named.ownPath == "/etc/letsencrypt" && named.origin == .named)
        #expect(finder.find(named: [named]).trees == [named])
    }

    @Test func foldersThatContainersHaveMountedAreFoundOnce() throws {
        let root = try InventoryTree()
        try volume(root, "le")
        try root.makeFolder("app/conf/renewal")
        try root.write("app/conf/renewal/a.conf", InventoryTree.conf("a", own: "/etc/letsencrypt"))
        let data = "\(root.path)/volumes/le/_data"
        let daemon = try StandInDaemon([
            "/info": StandInDaemon.counted("{}"),
            "/volumes": StandInDaemon.counted(#"{"Volumes": [{"Name": "le", "Mountpoint": "\#(data)"}]}"#),
            "/containers/json?all=1": StandInDaemon.chunked(
                """
                [{"Names": ["/web"], "State": "running", "Mounts": [
                   {"Type": "volume", "Name": "le", "Source": "\(data)", "Destination": "/certs"},
                   {"Type": "bind", "Source": "\(root.path)/app/conf", "Destination": "/etc/nginx/certs"}]},
                 {"Names": ["/certbot"], "State": "exited", "Mounts": [
                   {"Type": "bind", "Source": "\(root.path)/app/conf", "Destination": "/etc/letsencrypt"}]}]
                """),
        ])
        let finder = TreeFinder(
            standard: "/nonexistent", volumeFolders: ["\(root.path)/volumes"],
            sockets: [DockerSocket(path: "/nonexistent.sock"), DockerSocket(path: daemon.path)])
        let found = finder.find()
        #expect(found.trees.map(\.path) == [data, "\(root.path)/app/conf"])
        #expect(found.trees.map(\.ownPath) == ["/etc/letsencrypt", "/etc/letsencrypt"])
        #expect(
            found.trees[1].origin == .containerMount(container: "web", destination: "/etc/nginx/certs"))
        #expect(found.docker.count == 1 && found.docker[0].containers.count == 2)
    }

    @Test func aSocketThatDoesNotAnswerIsUnread() throws {
        let daemon = try StandInDaemon(["/info": [""]])
        let socket = DockerSocket(path: daemon.path, timeout: .milliseconds(200))
        let found = TreeFinder(standard: "/nonexistent", volumeFolders: [], sockets: [socket]).find()
        #expect(found.unread.map(\.place) == [daemon.path] && found.trees.isEmpty)
    }

    @Test func aNamedVolumeHasItsConfsPath() throws {
        let root = try InventoryTree()
        try volume(root, "le")
        #expect(TreeFinder.named("\(root.path)/volumes/le/_data").ownPath == "/etc/letsencrypt")
        try root.write("renewal/a.conf", InventoryTree.conf("a", own: "/etc/letsencrypt"))
        #expect(TreeFinder.named(root.path).ownPath == root.path)
    }
}
