import Foundation
import Glibc
import Testing

@testable import StewardGPU

/// The stand-in NVML: a library built from Tests/Support/StandInNVML, in a folder of its own, with its state beside it.
final class StandIn {
    struct Card {
        var uuid: String
        var memory = 80 * gibibyte
        var used = 0
        var pids: [Int32] = []
        var isLost = false
        var isParted = false
    }

    /// An instance of a card in MIG mode.
    struct Part {
        var card: String
        var uuid: String
        var number: Int
        var memory = 10 * gibibyte
        var used = 0
        var pids: [Int32] = []
    }

    let folder: URL
    var cards: [Card]
    var parts: [Part] = []
    /// Further lines: `error FUNCTION CARD CODE`.
    var faults: [String] = []

    var path: String { folder.appending(path: "libnvidia-ml.so.1").path }

    init(_ count: Int) throws {
        folder = FileManager.default.temporaryDirectory.appending(path: "nvml-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        cards = (0..<count).map { Card(uuid: "GPU-\($0)") }
        // A copy for each folder: libraries that are one file are one library to the loader.
        try FileManager.default.copyItem(atPath: Self.built.get(), toPath: path)
        try write()
    }

    /// The library, compiled once.
    private static let built = Result {
        let source = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Support/StandInNVML/nvml.c").standardizedFileURL.path
        let library = FileManager.default.temporaryDirectory.appending(path: "nvml-\(getpid()).so").path
        let compiler = Process()
        compiler.executableURL = URL(filePath: "/usr/bin/env")
        compiler.arguments = ["cc", "-shared", "-fPIC", "-O1", "-Wall", "-Werror", source, "-o", library]
        try compiler.run()
        compiler.waitUntilExit()
        try #require(compiler.terminationStatus == 0)
        return library
    }

    private static func list(_ pids: [Int32]) -> String {
        pids.isEmpty ? "" : " pids=" + pids.map(String.init).joined(separator: ",")
    }

    deinit { try? FileManager.default.removeItem(at: folder) }

    /// Makes the state what the properties say.
    func write() throws {
        let lines = cards.enumerated().map { index, card in
            "card uuid=\(card.uuid) name=Stand-in_GPU memory=\(card.memory) used=\(card.used) util=\(index * 10) "
                + "temp=\(30 + index) power=\(60_000 + index) minor=\(index + 4) lost=\(card.isLost ? 1 : 0) mig=\(card.isParted ? 1 : 0)"
                + Self.list(card.pids)
        }
        let instances = parts.map { part in
            "part card=\(part.card) uuid=\(part.uuid) name=Stand-in_GPU_MIG_1g.10gb memory=\(part.memory) used=\(part.used) "
                + "number=\(part.number) gi=\(part.number + 7) ci=0" + Self.list(part.pids)
        }
        try ((lines + instances + faults).joined(separator: "\n") + "\n").write(
            to: folder.appending(path: "nvml.state"), atomically: true, encoding: .utf8)
    }
}
