import ArgumentParser

/// The page about the commands, from the commands' own help.
enum CommandReference {
    /// The page.
    static var markdown: String {
        var page = """
            # Commands

            Data goes to standard output, messages to standard error. `--json` prints the same facts as the table. \
            `steward help COMMAND` shows what stands here.

            This page is generated from the code.

            ## Exit codes

            | code | meaning |
            |---|---|

            """
        for status in ExitStatus.allCases { page += "| \(status.rawValue) | \(status.meaning) |\n" }
        describe(StewardCommand.self, path: [], to: &page)
        return page
    }

    private static func describe(_ command: any ParsableCommand.Type, path: [String], to page: inout String) {
        let name = path + [command.commandName]
        let help = StewardCommand.helpMessage(for: command, columns: 100).trimmingTrailingBlanks()
        page += "\n## \(name.joined(separator: " "))\n\n```text\n\(help)\n```\n"
        for subcommand in command.configuration.subcommands where subcommand.configuration.shouldDisplay {
            describe(subcommand, path: name, to: &page)
        }
    }
}

extension String {
    /// Without blanks at the ends of lines and without empty lines at the end.
    fileprivate func trimmingTrailingBlanks() -> String {
        var lines = split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(line.reversed().drop { $0 == " " }.reversed())
        }
        while lines.last?.isEmpty == true { lines.removeLast() }
        return lines.joined(separator: "\n")
    }
}
