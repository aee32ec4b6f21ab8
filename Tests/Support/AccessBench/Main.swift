import Glibc

/// `access-bench keys [SAMPLES]` and `access-bench limits`: what Benchmarks/access/run prints.
@main enum AccessBench {
    static func main() throws {
        let words = CommandLine.arguments.dropFirst()
        switch words.first {
        case "limits": try LimitCost.run()
        case "keys":
            var timing = KeyTiming(samplesPerClass: words.dropFirst().first.flatMap { Int($0) } ?? 100_000)
            if !timing.run() { exit(1) }
        default:
            print("usage: access-bench keys [SAMPLES] | limits")
            exit(2)
        }
    }
}
