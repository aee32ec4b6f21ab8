import Foundation
import StewardCompute
import Testing

/// A small object, compiled here.
private enum Sample {
    static let source = """
        __attribute__((visibility("hidden"))) extern thread_local float tile[64];
        thread_local float tile[64];
        extern "C" void touch(float *cells, int n) {
            static thread_local int counts[8];
            for (int i = 0; i < n; i++) {
                tile[i & 63] = cells[i];
                counts[i & 7]++;
                cells[i] =
                    tile[(i * 7) & 63] + counts[i & 7];
            }
        }
        #line 100 "other.cu"
        extern "C" int other(int *p) { return
            *p; }
        """

    /// The object's bytes by each compiler and version of DWARF that there is.
    static let objects: [(name: String, bytes: [UInt8])] = {
        guard let folder = try? TemporaryFolder() else { return [] }
        var objects: [(String, [UInt8])] = []
        guard let file = try? folder.write("sample.cpp", Array(source.utf8)) else { return [] }
        for compiler in ["clang++", "g++"] {
            for version in 3...5 {
                let output = "\(folder.path)/\(compiler)\(version).so"
                let process = Process()
                process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
                process.arguments = [
                    compiler, "-gdwarf-\(version)", "-O1", "-fPIC", "-shared", "-nostdlib", "-o", output, file,
                ]
                process.standardError = FileHandle.nullDevice
                guard (try? process.run()) != nil else { continue }
                process.waitUntilExit()
                guard process.terminationStatus == 0, let data = FileManager.default.contents(atPath: output) else {
                    continue
                }
                objects.append(("\(compiler), DWARF \(version)", Array(data)))
            }
        }
        return objects
    }()
}

@Suite struct CheckKernelObjectTests {
    @Test func linesAreReadInEveryVersion() {
        #expect(!Sample.objects.isEmpty, "neither clang++ nor g++ is installed")
        for (name, bytes) in Sample.objects {
            let places = KernelObject(bytes).lines.places
            let ours = Set(places.filter { $0.file.hasSuffix("sample.cpp") }.map(\.line))
            #expect(ours.isSuperset(of: [6, 7, 9]), "\(name): \(ours)")
            #expect(ours.isSubset(of: 1...11), "\(name): \(ours)")
            #expect(places.contains { $0.file.hasSuffix("other.cu") && $0.line == 101 }, "\(name)")
        }
    }

    @Test func variablesHaveTheirNamesAndSizes() throws {
        for (name, bytes) in Sample.objects {
            let object = KernelObject(bytes)
            let tile = try #require(object.variables.first { $0.name == "tile" }, "\(name): \(object.variables)")
            let counts = try #require(object.variables.first { $0.name == "counts" }, "\(name): \(object.variables)")
            #expect((tile.size, tile.isThreadLocal) == (256, true))
            #expect((counts.size, counts.isThreadLocal) == (32, true))
            #expect(object.threadLocalSize >= 288)
            #expect(object.segments.contains { $0.isWritable })
        }
    }

    @Test(arguments: [
        ("tile", "tile"), ("_ZL5table", "table"), ("_ZZ6reducePfE4tile", "tile"),
        ("_ZZ3sumILi4EEvPfE5cache_0", "cache"),
        ("_ZZN5outer5inner4workEPiE3buf", "buf"), ("_ZN5outer5tableE", "table"), ("tile.3", "tile"), ("_Z", "_Z"),
        ("_ZZ", "_ZZ"), ("_Z99x", "_Z99x"),
    ])
    func namesAreTheSources(_ symbol: String, _ name: String) {
        #expect(KernelObject.plainName(symbol) == name)
    }

    @Test func whatIsNoObjectHasNothing() {
        for bytes in [[], [0x7F], Array("#!/bin/sh".utf8), [0x7F, 0x45, 0x4C, 0x46, 2, 1]] as [[UInt8]] {
            #expect(KernelObject(bytes).variables.isEmpty && KernelObject(bytes).lines.isEmpty)
        }
    }

    @Test func noDamageCrashesIt() {
        var generator = Mutator(seed: 5)
        for (_, bytes) in Sample.objects {
            for _ in 0..<150 {
                var damaged = bytes
                for _ in 0..<Int.random(in: 1...40, using: &generator) {
                    damaged[Int.random(in: 0..<damaged.count, using: &generator)] = UInt8.random(
                        in: 0...255, using: &generator)
                }
                if Bool.random(using: &generator) {
                    damaged.removeLast(Int.random(in: 0..<damaged.count, using: &generator))
                }
                let object = KernelObject(damaged)
                _ = object.lines.place(of: UInt64.random(in: 0...8192, using: &generator))
            }
        }
    }

    @Test func noLineProgramCrashesTheReader() {
        var generator = Mutator(seed: 6)
        for _ in 0..<20_000 {
            var unit: [UInt8] = [5, 0, 8, 0, 30, 0, 0, 0, 1, 1, 1, 251, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1]
            unit += (0..<40).map { _ in UInt8.random(in: 0...255, using: &generator) }
            for _ in 0..<3 {
                unit[Int.random(in: 0..<unit.count, using: &generator)] = UInt8.random(in: 0...40, using: &generator)
            }
            let length = UInt32(unit.count)
            let bytes = (0..<4).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + unit
            let table = LineTable(lines: bytes[...], lineStrings: [97, 0], strings: [])
            _ = table.place(of: 10)
        }
    }
}
