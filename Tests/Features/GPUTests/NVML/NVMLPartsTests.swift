import Foundation
import Testing

@testable import StewardGPU

@Suite struct NVMLPartsTests {
    /// Two cards; the second is in MIG mode.
    private func divided(_ numbers: Int...) throws -> StandIn {
        let standIn = try StandIn(2)
        standIn.cards[1].isParted = true
        standIn.parts = numbers.map { StandIn.Part(card: "GPU-1", uuid: "MIG-\($0)", number: $0) }
        try standIn.write()
        return standIn
    }

    @Test func aCardInMIGModeIsItsInstances() throws {
        let standIn = try divided(0, 2)
        standIn.parts[1].used = gibibyte
        standIn.parts[1].pids = [12, 34]
        try standIn.write()
        let nvml = try NVML(path: standIn.path)
        let looks = nvml.look()
        #expect(looks.map(\.card.uuid) == ["GPU-0", "MIG-0", "MIG-2"])
        #expect(looks.map(\.card.number) == ["0", "1:0", "1:2"])
        let part = looks[2]
        #expect(part.card.name == "Stand-in GPU MIG 1g.10gb" && part.card.memory == 10 * gibibyte)
        #expect(part.card.minor == 5 && part.card.part == GPUPart(card: "GPU-1", number: 2, gpuInstance: 9))
        // Nobody counts what an instance does; temperature and power are the card's.
        #expect(
            part.reading
                == GPUReading(
                    utilisation: nil, memoryUsed: gibibyte, temperature: 31, power: 60.001, processes: [12, 34]))
        #expect(nvml.unpartedCards.isEmpty)
    }

    @Test func instancesComeAndGoWhileTheLibraryIsOpen() throws {
        let standIn = try divided(0)
        let nvml = try NVML(path: standIn.path)
        #expect(nvml.look().map(\.card.uuid) == ["GPU-0", "MIG-0"])
        standIn.parts = [3, 1].map { StandIn.Part(card: "GPU-1", uuid: "MIG-new-\($0)", number: $0) }
        try standIn.write()
        #expect(nvml.look().map(\.card.uuid) == ["GPU-0", "MIG-new-1", "MIG-new-3"])
        #expect(!nvml.hasLosses, "an instance that was destroyed is forgotten")
        standIn.parts = []
        try standIn.write()
        #expect(nvml.look().map(\.card.uuid) == ["GPU-0"])
        #expect(nvml.unpartedCards.map(\.uuid) == ["GPU-1"])
        #expect(nvml.unpartedCards[0].unpartedSentence.contains("nvidia-smi mig -i 1 -cgi PROFILE -C"))
        standIn.cards[1].isParted = false
        try standIn.write()
        #expect(nvml.look().map(\.card.uuid) == ["GPU-0", "GPU-1"])
        #expect(nvml.unpartedCards.isEmpty)
    }

    @Test func aCardThatFallsOffTheBusTakesItsInstancesWithIt() throws {
        let standIn = try divided(0, 1)
        let nvml = try NVML(path: standIn.path)
        standIn.cards[1].isLost = true
        try standIn.write()
        #expect(nvml.look().map { $0.loss != nil } == [false, true, true])
        #expect(nvml.hasLosses)
        try nvml.restart()
        #expect(nvml.look().filter { $0.loss == nil }.map(\.card.uuid) == ["GPU-0"])
        standIn.cards[1].isLost = false
        try standIn.write()
        try nvml.restart()
        #expect(nvml.look().map(\.card.uuid) == ["GPU-0", "MIG-0", "MIG-1"])
        #expect(nvml.look().allSatisfy { $0.loss == nil })
    }

    /// Only NOT_FOUND says that an instance is gone; a lease must not end by a passing error.
    @Test(arguments: [
        "nvmlDeviceGetMigDeviceHandleByIndex", "nvmlDeviceGetUUID", "nvmlDeviceGetMemoryInfo",
        "nvmlDeviceGetGpuInstanceId", "nvmlDeviceGetMaxMigDeviceCount", "nvmlDeviceGetMigMode",
    ])
    func anInstanceThatDoesNotAnswerIsNotGone(function: String) throws {
        let standIn = try divided(0, 1)
        let nvml = try NVML(path: standIn.path)
        #expect(nvml.look().count == 3)
        standIn.faults = ["error \(function) 1 999"]
        try standIn.write()
        let looks = nvml.look()
        #expect(looks.map(\.card.uuid) == ["GPU-0", "MIG-0", "MIG-1"])
        #expect(looks.allSatisfy { $0.loss == nil } && nvml.unpartedCards.isEmpty)
        standIn.faults = []
        try standIn.write()
        #expect(nvml.look().allSatisfy { $0.loss == nil && $0.reading.memoryUsed == 0 })
    }

    @Test func aCardWhoseInstancesCanNotBeListedYetIsNeitherWholeNorEmpty() throws {
        let standIn = try divided(0)
        standIn.faults = ["error nvmlDeviceGetMigDeviceHandleByIndex 1 10"]
        try standIn.write()
        let nvml = try NVML(path: standIn.path)
        #expect(nvml.look().map(\.card.uuid) == ["GPU-0"] && nvml.unpartedCards.isEmpty)
    }

    @Test func whereTheModeCanNotBeToldYetACardIsNeitherWholeNorEmpty() throws {
        let standIn = try divided(0)
        standIn.faults = ["error nvmlDeviceGetMigMode 1 10"]
        try standIn.write()
        let nvml = try NVML(path: standIn.path)
        #expect(nvml.look().map(\.card.uuid) == ["GPU-0"] && nvml.unpartedCards.isEmpty && !nvml.isComplete)
        standIn.faults = []
        try standIn.write()
        #expect(nvml.look().map(\.card.uuid) == ["GPU-0", "MIG-0"] && nvml.isComplete)
    }

    /// A start anew while the driver doesn't answer takes no instance away.
    @Test(arguments: ["nvmlDeviceGetMigMode", "nvmlDeviceGetMigDeviceHandleByIndex", "nvmlDeviceGetHandleByIndex_v2"])
    func instancesOutliveAStartAnew(function: String) throws {
        let standIn = try divided(0)
        let nvml = try NVML(path: standIn.path)
        standIn.faults = ["error \(function) 1 10"]
        try standIn.write()
        try nvml.restart()
        #expect(nvml.look().map(\.card.uuid) == ["GPU-0"] && !nvml.isComplete && !nvml.hasLosses)
        standIn.faults = []
        try standIn.write()
        #expect(nvml.look().map(\.card.uuid) == ["GPU-0", "MIG-0"] && nvml.isComplete)
    }

    @Test func anInstanceThatIsLostIsNotGone() throws {
        let standIn = try divided(0)
        let nvml = try NVML(path: standIn.path)
        standIn.faults = ["error nvmlDeviceGetMemoryInfo 1 16"]
        try standIn.write()
        #expect(nvml.look().map { $0.loss != nil } == [false, true])
        #expect(nvml.unpartedCards.isEmpty)
    }

    @Test func computeInstancesThatShareMemoryAreTold() {
        func card(_ number: Int, of instance: Int) -> GPUCard {
            GPUCard(
                uuid: "MIG-\(number)", index: 1, name: "H100 MIG 1c.3g.40gb", memory: 40 * gibibyte, minor: 1,
                part: GPUPart(card: "GPU-1", number: number, gpuInstance: instance))
        }
        #expect(GPUCard.sharedMemory(among: [card(0, of: 1), card(1, of: 2)]).isEmpty)
        #expect(
            GPUCard.sharedMemory(among: [card(2, of: 1), card(0, of: 1), card(1, of: 2)]) == [
                "GPU 1:0, 1:2 are compute instances of one GPU instance and share its 40 GiB of memory: for memory of their own make a GPU instance for each."
            ])
    }

    @Test func aCardThatKnowsNoMIGStaysWhole() throws {
        let standIn = try divided(0)
        standIn.faults = ["error nvmlDeviceGetMigMode 1 3"]
        try standIn.write()
        #expect(try NVML(path: standIn.path).look().map(\.card.uuid) == ["GPU-0", "GPU-1"])
    }

    @Test func capabilitiesAreReadWhereTheDriverTellsThem() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "capabilities-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let instance = folder.appending(path: "gpu5/mig/gi9")
        try FileManager.default.createDirectory(
            at: instance.appending(path: "ci0"), withIntermediateDirectories: true)
        try "DeviceFileMinor: 30\nDeviceFileMode: 292\nDeviceFileModify: 1\n"
            .write(to: instance.appending(path: "access"), atomically: true, encoding: .utf8)
        try "DeviceFileMinor: 31\n".write(
            to: instance.appending(path: "ci0/access"), atomically: true, encoding: .utf8)
        let standIn = try divided(0, 2)
        let nvml = try NVML(path: standIn.path, capabilities: GPUCapabilities(folder: folder.path))
        let cards = nvml.look().map(\.card)
        #expect(cards[0].devices == ["/dev/nvidia4"])
        #expect(cards[1].devices == ["/dev/nvidia5"], "nothing is told of gi7")
        #expect(
            cards[2].devices == ["/dev/nvidia5", "/dev/nvidia-caps/nvidia-cap30", "/dev/nvidia-caps/nvidia-cap31"])
    }
}
