import Glibc
import StewardDANE
import Synchronization
import Testing

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

@Suite struct RolloverLockTests {
    /// Somebody else in this process: opens and closes descriptors, and counts those that were closed under it.
    private final class Bystander: Sendable {
        private let isOver = Atomic(false)

        func run() async -> Int {
            var lost = 0
            while !isOver.load(ordering: .relaxed) {
                let own = open("/dev/null", O_RDONLY | O_CLOEXEC)
                for _ in 0..<5 where fcntl(own, F_GETFD) < 0 { lost += 1 }
                if close(own) < 0 { lost += 1 }
            }
            return lost
        }

        func stop() { isOver.store(true, ordering: .relaxed) }
    }

    /// A number is given away again as soon as it is closed: whoever closes it twice closes a socket of an event loop,
    /// say, which then traps.
    @Test func aRefusedLockClosesNobodyElsesDescriptor() async throws {
        let path = "\(FileManager.default.temporaryDirectory.path)/lock-\(UUID())"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let folder = try DurableFolder.making(path)
        let held = try RolloverLock(folder)
        let bystander = Bystander()
        async let lost = (bystander.run(), bystander.run())
        let rounds = 20_000
        var refused = 0
        for _ in 0..<rounds {
            do throws(DANERefusal) { _ = try RolloverLock(folder) } catch { refused += 1 }
        }
        bystander.stop()
        #expect(await lost == (0, 0))
        #expect(refused == rounds)
        withExtendedLifetime(held) {}
    }
}
