import StewardDANE

/// The page about DANE's holds, events and findings, from the code's own tables.
enum DANEReference {
    /// The page.
    static var markdown: String {
        """
        # Holds, events and findings of DANE

        What `steward dane`, `/_platform/dane` and the log may tell, by stable code (in the log with `dane-` before it). Each \
        text says where it is and what to do.

        This page is generated from the code.

        ## Holds

        What stands in the way of a rollover. While one stands, nothing is made worse: the served key keeps its record, and \
        a served certificate that is about to end wins over a perfect wait.

        | code | somebody is told | meaning |
        |---|---|---|

        """ + holds + """

            ## Events

            What happens in a rollover.

            | code | alarm | meaning |
            |---|---|---|

            """ + events + """

                ## Findings of checks

                What `steward dane check` finds, and what a sender that enforces DANE usually does about it: it *delivers*, \
                *defers* (keeps the mail and tries again), goes on to the *next-mx*, delivers *unauthenticated*, or does nothing \
                (*none*).

                | code | severity | sender | meaning | what to do |
                |---|---|---|---|---|

                """ + findings
    }

    private static var holds: String {
        RolloverCatalogue.HoldCode.allCases.map { "| `\($0.rawValue)` | \($0.alarm.rawValue) | \($0.meaning) |\n" }
            .joined()
    }

    private static var events: String {
        RolloverCatalogue.EventCode.allCases.map {
            "| `\($0.rawValue)` | \($0.isAlarm ? "yes" : "") | \($0.meaning) |\n"
        }.joined()
    }

    private static var findings: String {
        CheckFindingKind.allCases.map { kind in
            let entry = kind.entry
            return
                "| `\(kind.rawValue)` | \(entry.severity.rawValue) | \(entry.effect.rawValue) | \(entry.meaning) | \(entry.remedy) |\n"
        }.joined()
    }
}
