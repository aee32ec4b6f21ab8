import Foundation
import StewardCompute
import Testing

@Suite struct KernelCacheTests {
    private let text = "__global__ void k(int *x) { x[threadIdx.x] = 5; }"

    /// A folder of the test's own, below one that only this user may write.
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "/kernel-cache-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func build(_ folder: String, _ text: String? = nil) throws -> KernelBuild.Product {
        try KernelBuild.build(KernelSource(text ?? self.text), with: HostCompiler.find(), cache: folder)
    }

    private func files(_ folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    @Test func whatWasCompiledIsTakenFromTheCacheByItsContent() throws {
        try withFolder { folder in
            let first = try build(folder)
            #expect(first.isFresh)
            let second = try build(folder)
            #expect(!second.isFresh && second.path == first.path)
            #expect(try build(folder, text + " // other").isFresh)
            #expect(try files(folder).count == 2)
        }
    }

    @Test(arguments: ["cut", "changed", "empty", "writable"]) func anObjectThatIsntWholeIsReplaced(how: String) throws {
        try withFolder { folder in
            let path = try build(folder).path
            let whole = try #require(FileManager.default.contents(atPath: path))
            var bytes = whole
            switch how {
            case "cut": bytes = whole.prefix(whole.count / 2)
            case "changed": bytes[whole.count / 2] ^= 1
            case "empty": bytes = Data()
            default: #expect(chmod(path, 0o666) == 0)
            }
            if how != "writable" { try bytes.write(to: URL(fileURLWithPath: path)) }
            let again = try build(folder)
            #expect(again.isFresh && again.path == path)
            #expect(try !build(folder).isFresh)
        }
    }

    @Test func aFolderThatOthersMayWriteIsNotTrusted() throws {
        try withFolder { folder in
            _ = try build(folder)
            #expect(chmod(folder, 0o777) == 0)
            let product = try build(folder)
            #expect(!product.path.hasPrefix(folder))
            #expect(KernelCache(trusting: folder) == nil)
            #expect(chmod(folder, 0o700) == 0)
            try FileManager.default.createSymbolicLink(atPath: folder + "-link", withDestinationPath: folder)
            defer { unlink(folder + "-link") }
            #expect(KernelCache(trusting: folder + "-link") == nil)
        }
    }

    @Test func severalCompilesAtOnceEndWithOneWholeObject() async throws {
        let folder = NSTemporaryDirectory() + "/kernel-cache-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let paths = try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<4 { group.addTask { try build(folder).path } }
            return try await group.reduce(into: Set<String>()) { $0.insert($1) }
        }
        #expect(paths.count == 1)
        #expect(try files(folder).count == 1)
        #expect(try !build(folder).isFresh)
    }

    @Test func theOldestObjectsGoAndWhatWasLeftInTheMaking() throws {
        try withFolder { folder in
            let old = try build(folder).path
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -7200)], ofItemAtPath: old)
            let scratch = folder + "/.1-left.cpp"
            try Data().write(to: URL(fileURLWithPath: scratch))
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -7200)], ofItemAtPath: scratch)
            let new = try build(folder, text + "\n").path
            try #require(KernelCache(trusting: folder)).prune(keeping: 1)
            #expect(try files(folder) == [String(try #require(new.split(separator: "/").last))])
        }
    }

    @Test func codeForGPUsGoesWithTheOldestToo() throws {
        try withFolder { folder in
            let object = try build(folder).path
            let cache = CompiledCodeCache(folder: folder)
            let code = CompiledCode(image: [1, 2, 3], lowered: ["k": "_Z1k"])
            for (index, key) in ["a", "b", "c"].enumerated() {
                cache.store(code, key)
                try FileManager.default.setAttributes(
                    [.modificationDate: Date(timeIntervalSinceNow: Double(index) - 7200)],
                    ofItemAtPath: "\(folder)/\(key).cubin")
            }
            try #require(KernelCache(trusting: folder)).prune(keeping: 2)
            #expect(try Set(files(folder)) == [String(try #require(object.split(separator: "/").last)), "c.cubin"])
            #expect(cache.code("c") == code)
            let draft = folder + "/.1-left.cubin"
            try Data().write(to: URL(fileURLWithPath: draft))
            try FileManager.default.setAttributes(
                [.modificationDate: Date(timeIntervalSinceNow: -7200)], ofItemAtPath: draft)
            cache.store(code, "d")
            #expect(try !files(folder).contains(".1-left.cubin"))
        }
    }

    @Test func theSecondCompileOfAProcessIsImmediate() throws {
        let source = KernelSource(text, file: "again.cu")
        _ = try Fixture.device.compile(cuda: source)
        let clock = ContinuousClock()
        let best = try (0..<5).map { _ in try clock.measure { _ = try Fixture.device.compile(cuda: source) } }.min()!
        #expect(best < .milliseconds(5))
    }

    @Test func theInterfaceInObjectsIsTheHeadersOwn() throws {
        let header = try String(
            contentsOfFile: "\(Fixture.root)/Sources/Features/CCompute/include/compute_kernels.h", encoding: .utf8)
        let marked = try #require(
            header.components(separatedBy: "// --- interface of kernel objects\n").last?
                .components(separatedBy: "// --- end of the interface").first)
        #expect(KernelInterface.text == marked.trimmingCharacters(in: .newlines))
    }
}
