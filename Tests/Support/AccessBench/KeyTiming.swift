import Foundation
import Glibc
import StewardAccess

/// Whether the time of a refused key tells how near it was to a real one.
struct KeyTiming {
    let count: Int
    private var generator = SystemRandomNumberGenerator()
    private let real = APIKey.generate().secret
    private var keyBytes: [UInt8] = []
    /// What the other class begins with: a key that the ring doesn't hold.
    private var strangerBytes: [UInt8] = []
    private static let alphabet = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    init(samplesPerClass: Int) {
        count = samplesPerClass
        keyBytes = Array(real.utf8)
        strangerBytes = keyBytes.map { _ in Self.alphabet[Int.random(in: 0..<62)] }
        for index in strangerBytes.indices where strangerBytes[index] == keyBytes[index] {
            strangerBytes[index] = keyBytes[index] == 0x61 ? 0x62 : 0x61
        }
    }

    /// - Returns: whether every |t| is below 4.5 and the control, which leaks on purpose, is above.
    mutating func run() -> Bool {
        var isGood = true
        let ring = KeyRing(
            (0..<20).map { number in
                AccessKey(
                    name: "k\(number)", secret: number == 10 ? real : APIKey.generate().secret, role: .api,
                    origin: .settings(path: ""))
            })
        let digest = KeyDigest(of: real)
        let zone = ZoneAccess(prefix: try! ZonePrefix(parsing: "/api"), key: .api)
        // At least three characters stay random, so that each class has thousands of different hashes: a few dozen of them would
        // differ by how they happen to lie in the ring's dictionary, which tells nothing of the key.
        for shared in [4, 8, 16, 24, 31] {
            isGood =
                report("the ring, \(shared) characters of a key against none", shared: shared) {
                    ring.find($0) == nil
                } && isGood
        }
        isGood =
            report("the policy, 31 characters of a key against none", shared: 31) { secret in
                let keys = PresentedKeys(headers: [(name: "X-API-Key", value: secret)])
                if case .refused = AccessPolicy.decide(
                    zone: zone, client: IPAddress(v4: 1), keys: keys, ring: ring, now: Date())
                {
                    return true
                }
                return false
            } && isGood
        for bytes in [8, 16, 24, 31] {
            isGood = reportDigests("two digests, \(bytes) equal bytes against none", digest, shared: bytes) && isGood
        }
        let leak = measure(shared: 31) { [real] in !Self.stopsEarly($0, real) }
        print(line("control: stops at the first difference, 31 characters against none", leak))
        if count >= 100_000, abs(leak.t) < 4.5 { isGood = false }
        return isGood
    }

    /// What must not be done with secrets.
    @inline(never) private static func stopsEarly(_ left: String, _ right: String) -> Bool {
        for (one, other) in zip(left.utf8, right.utf8) where one != other { return false }
        return left.utf8.count == right.utf8.count
    }

    /// A secret that begins like `other` and goes on at random. Both classes are made in the same way, so that neither the
    /// processor's caches nor its predictions can tell them apart before the measurement.
    private mutating func secret(beginning count: Int, of other: [UInt8]) -> String {
        var bytes = other.map { _ in Self.alphabet[Int.random(in: 0..<62, using: &generator)] }
        for index in 0..<count { bytes[index] = other[index] }
        if bytes[count] == keyBytes[count] { bytes[count] = bytes[count] == 0x61 ? 0x62 : 0x61 }
        return String(decoding: bytes, as: UTF8.self)
    }

    private mutating func measure(shared: Int, _ body: (String) -> Bool) -> (
        t: Double, crop: String, means: (Double, Double)
    ) {
        var classes = TwoClasses()
        // Each input is made just before it is used, in the same way for both classes, so that memory tells nothing.
        var order = (0..<2 * count).map { $0 % 2 == 1 }
        order.shuffle(using: &generator)
        for (number, isSecond) in order.enumerated() {
            let input = secret(beginning: shared, of: isSecond ? strangerBytes : keyBytes)
            let start = Self.now()
            let isRefused = body(input)
            let end = Self.now()
            precondition(isRefused)
            if number >= 200 { classes.add(isSecond, end - start) }
        }
        return classes.largestT
    }

    private mutating func report(_ name: String, shared: Int, _ body: (String) -> Bool) -> Bool {
        let found = measure(shared: shared, body)
        print(line(name, found))
        return abs(found.t) < 4.5
    }

    private mutating func reportDigests(_ name: String, _ digest: KeyDigest, shared: Int) -> Bool {
        let own = digest.bytes
        let stranger = own.map { ~$0 }
        var classes = TwoClasses()
        var order = (0..<2 * count).map { $0 % 2 == 1 }
        order.shuffle(using: &generator)
        for (number, isSecond) in order.enumerated() {
            var bytes = own.map { $0 ^ UInt8.random(in: 1...255, using: &generator) }
            let beginning = isSecond ? stranger : own
            for index in 0..<shared { bytes[index] = beginning[index] }
            let other = KeyDigest(bytes: bytes)!
            let start = Self.now()
            // One comparison takes about a nanosecond; a clock can't see that.
            var equal = 0
            for _ in 0..<64 { equal += Self.isSame(digest, other) ? 1 : 0 }
            let end = Self.now()
            precondition(equal == 0)
            if number >= 200 { classes.add(isSecond, end - start) }
        }
        let found = classes.largestT
        print(line(name, found))
        return abs(found.t) < 4.5
    }

    @inline(never) private static func isSame(_ left: KeyDigest, _ right: KeyDigest) -> Bool { left == right }

    private func line(_ name: String, _ found: (t: Double, crop: String, means: (Double, Double))) -> String {
        let means = String(format: "%.1f ns, %.1f ns", found.means.0, found.means.1)
        return
            "\(name): |t| = \(String(format: "%.2f", abs(found.t))) (\(means); crop \(found.crop); \(count) samples a class)"
    }

    private static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }
}
