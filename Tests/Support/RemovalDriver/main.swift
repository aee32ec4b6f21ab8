import Foundation
import StewardCertificates

// Drives plan, prune, restore, purge and recovery alone, for the crash sweep: what is in `renewal`, `live` or
// `archive` is a lineage, and everything but the names after `--used` may go.
//
//     removal-driver plan|prune|restore|purge|recover|list TREE [PLAN|NAME] [--used NAME] [--wait SECONDS]

func basis(_ tree: CertbotTree, used: Set<String>) -> Basis {
    var names: Set<String> = []
    for folder in ["renewal", "live", "archive"] {
        for name in (try? FileManager.default.contentsOfDirectory(atPath: "\(tree.path)/\(folder)")) ?? [] {
            if folder != "renewal" {
                names.insert(name)
            } else if name.hasSuffix(".conf") {
                names.insert(String(name.dropLast(5)))
            }
        }
    }
    let evidence = used.map { Evidence(.extra, at: Place("the command line"), target: .lineage($0)) }
    return Basis(
        inventory: Inventory(
            trees: [tree], lineages: names.subtracting(["README"]).sorted().map { Lineage(name: $0, tree: tree.path) }),
        report: EvidenceReport(evidence: evidence, looked: ["the command line"]), at: Date())
}

@MainActor func run(_ arguments: [String]) async throws {
    var arguments = arguments
    var used: Set<String> = []
    var patience = Duration.zero
    while let option = arguments.firstIndex(where: { $0.hasPrefix("--") }), option + 1 < arguments.count {
        if arguments[option] == "--used" {
            used.insert(arguments[option + 1])
        } else {
            patience = .seconds(Int(arguments[option + 1]) ?? 0)
        }
        arguments.removeSubrange(option...option + 1)
    }
    guard arguments.count >= 2 else { throw RemovalError(.planInvalid, "usage: removal-driver ACT TREE [ARGUMENT]") }
    let tree = CertbotTree(path: arguments[1])
    let quarantine = Quarantine(tree: tree, patience: patience)
    let facts = { basis(tree, used: used) }
    switch (arguments[0], arguments.dropFirst(2).first) {
    case ("plan", let file?): try Plan.make(facts()).text.write(toFile: file, atomically: false, encoding: .utf8)
    case ("prune", let file?):
        let plan = try Plan(text: String(contentsOfFile: file, encoding: .utf8), name: file)
        for item in try await quarantine.prune(plan, recheck: facts) { print(item.id) }
    case ("restore", let name?):
        for warning in try await quarantine.restore(name: name).warnings { print(warning) }
    case ("purge", _):
        for item in try await quarantine.purge(olderThan: 0) { print(item.id) }
    case ("recover", _):
        let recovery = try await quarantine.recover()
        for sentence in recovery.done + recovery.conflicts { print(sentence) }
    case ("list", _):
        let contents = try quarantine.contents()
        for item in contents.items { print(item.lineage.name, item.id) }
        for finding in contents.findings { print("!", finding.code) }
    default: throw RemovalError(.planInvalid, "usage: removal-driver ACT TREE [ARGUMENT]")
    }
}

do { try await run(Array(CommandLine.arguments.dropFirst())) } catch {
    let text = Array("\(error)\n".utf8)
    _ = write(STDERR_FILENO, text, text.count)
    exit(1)
}
