import ArgumentParser
import Foundation
import StewardAPI

/// `steward routes`
struct Routes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "routes",
        abstract: "Lists what the running server answers.",
        discussion:
            "Asks the server of the state folder over its Unix socket. METHODS 'any' means that the script decides.")

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var options: StateOptions

    func run() async throws {
        let answer = try await LocalClient(state: options.folder()).answer(LocalRequest(target: PlatformPath.routes))
        guard answer.status == 200 else { throw CommandFailure("the server answered \(answer.status)") }
        let list = try answer.decode(RouteList.self)
        if json { return try Output.json(list) }
        guard !list.routes.isEmpty else {
            return Output.message(
                "The server has no scripts yet; put a Python file with a 'def main(request):' into a zone's folder.")
        }
        let table = TextTable(headings: ["PATH", "METHODS", "ZONE", "CHANGED", "DOC"], rows: list.routes.map(row))
        for line in table.lines(columns: Output.columns) { try Output.line(line) }
    }

    private func row(_ route: Route) -> [String] {
        let doc = route.error.map { "broken: \($0)" } ?? route.doc ?? (route.kind == "none" ? "nothing to call" : "")
        return [route.path, route.methods?.joined(separator: ",") ?? "any", route.zone, route.changed, doc]
    }
}
