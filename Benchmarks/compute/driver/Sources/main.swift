// compute-driver PART ROUNDS: measures one part and prints {"ROW": [VALUE, ...], ...} as JSON. See ../README.md.
import Foundation
import StewardCompute

typealias Samples = [String: [Double]]

let arguments = CommandLine.arguments
guard arguments.count == 3, let rounds = Int(arguments[2]), rounds > 0 else {
    FileHandle.standardError.write(Data("compute-driver: PART ROUNDS\n".utf8))
    exit(2)
}
do {
    let samples: Samples =
        switch arguments[1] {
        case "products": try products(rounds)
        case "saxpy": try saxpy(rounds)
        case "barrier": try barrier(rounds)
        case "compile": try compile(rounds, again: false)
        case "compile-again": try compile(rounds, again: true)
        default: throw ComputeError(.unsupported, "There is no part '\(arguments[1])'.")
        }
    print(String(decoding: try JSONEncoder().encode(samples), as: UTF8.self))
} catch {
    FileHandle.standardError.write(Data("compute-driver: \(error)\n".utf8))
    exit(1)
}

/// The best of some tries in a row, as one interruption is no property of what is measured.
func shortest(of tries: Int, _ work: () throws -> Void) rethrows -> Double {
    var best = Double.infinity
    for _ in 0..<tries {
        let start = ContinuousClock.now
        try work()
        let (seconds, attoseconds) = (ContinuousClock.now - start).components
        best = min(best, Double(seconds) + Double(attoseconds) * 1e-18)
    }
    return best
}
