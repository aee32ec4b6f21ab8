import Foundation
import Testing

@testable import StewardGPU

@Suite struct NVMLTests {
    @Test func cardsAreListedWithTheirReadings() throws {
        let standIn = try StandIn(8)
        standIn.cards[1].pids = Array(1...100)
        standIn.cards[1].used = 5 * gibibyte
        try standIn.write()
        let nvml = try NVML(path: standIn.path)
        let looks = nvml.look()
        #expect(looks.map(\.card.uuid) == (0..<8).map { "GPU-\($0)" })
        #expect(
            looks[1].card == GPUCard(uuid: "GPU-1", index: 1, name: "Stand-in GPU", memory: 80 * gibibyte, minor: 5))
        #expect(
            looks[1].reading
                == GPUReading(
                    utilisation: 10, memoryUsed: 5 * gibibyte, temperature: 31, power: 60.001, processes: Array(1...100)
                ))
        #expect(nvml.driver == "570.0-stand-in")
    }

    @Test func whatOneCardCantTellSaysNothingOfTheOthers() throws {
        let standIn = try StandIn(3)
        standIn.faults = [
            "error nvmlDeviceGetTemperature 1 3", "error nvmlDeviceGetComputeRunningProcesses_v3 1 4",
            "error nvmlDeviceGetPowerUsage 2 999",
        ]
        try standIn.write()
        let looks = try NVML(path: standIn.path).look()
        #expect(looks.map(\.reading.temperature) == [30, nil, 32])
        #expect(looks.map(\.reading.processes) == [[], nil, []])
        #expect(looks.map(\.reading.power) == [60, 60.001, nil])
        #expect(looks.allSatisfy { $0.loss == nil })
    }

    @Test func aLostCardStaysLostUntilTheLibraryIsStartedAnew() throws {
        let standIn = try StandIn(2)
        let nvml = try NVML(path: standIn.path)
        standIn.cards[0].isLost = true
        try standIn.write()
        #expect(nvml.look().map(\.loss) == ["GPU is lost (NVML_ERROR_GPU_IS_LOST)", nil])
        try nvml.restart()
        #expect(nvml.look().map(\.card.uuid) == ["GPU-0", "GPU-1"], "it is still known")
        #expect(nvml.hasLosses)
        standIn.cards[0].isLost = false
        try standIn.write()
        #expect(nvml.look()[0].loss != nil)
        try nvml.restart()
        #expect(nvml.look().map(\.loss) == [nil, nil])
    }

    @Test func aCardThatIsNoLongerListedIsLost() throws {
        let standIn = try StandIn(2)
        let nvml = try NVML(path: standIn.path)
        standIn.cards.removeFirst()
        try standIn.write()
        #expect(nvml.look()[0].loss == "GPU is lost (NVML_ERROR_GPU_IS_LOST)")
        try nvml.restart()
        #expect(nvml.look().filter { $0.loss != nil }.map(\.card.uuid) == ["GPU-0"])
    }

    @Test func absenceIsATypedReason() throws {
        #expect {
            _ = try NVML(path: "/nowhere/libnvidia-ml.so.1")
        } throws: { error in
            (error as? NVMLAbsence)?.code == "no-library"
        }
        let standIn = try StandIn(1)
        standIn.faults = ["error nvmlInit_v2 - 9"]
        try standIn.write()
        #expect(throws: NVMLAbsence.noDriver(NVMLCode(rawValue: 9), "Driver Not Loaded")) {
            _ = try NVML(path: standIn.path)
        }
        #expect {
            _ = try NVML(path: "libm.so.6")
        } throws: { error in
            error as? NVMLAbsence == .tooOld(library: "libm.so.6", function: "nvmlInit_v2")
        }
    }

    /// The library counts its users; one that could not start it takes it from nobody.
    @Test func aStartThatFailsDoesNotShutDownTheLibraryForOthers() throws {
        let standIn = try StandIn(1)
        let nvml = try NVML(path: standIn.path)
        standIn.faults = ["error nvmlInit_v2 - 9"]
        try standIn.write()
        for _ in 0..<2 { #expect(throws: NVMLAbsence.self) { _ = try NVML(path: standIn.path) } }
        #expect(nvml.look().map(\.reading.memoryUsed) == [0])
    }

    /// That a card doesn't answer while the library is started anew is not that it is gone.
    @Test(arguments: [
        ("nvmlDeviceGetHandleByIndex_v2 0", 10), ("nvmlDeviceGetUUID 0", 999), ("nvmlDeviceGetMemoryInfo 0", 10),
        ("nvmlDeviceGetCount_v2 -", 999),
    ])
    func aCardThatDoesNotAnswerIsNotLost(call: String, code: Int) throws {
        let standIn = try StandIn(2)
        let nvml = try NVML(path: standIn.path)
        #expect(nvml.isComplete && !nvml.needsRestart)
        standIn.faults = ["error \(call) \(code)"]
        try standIn.write()
        try nvml.restart()
        #expect(!nvml.look().contains { $0.card.uuid == "GPU-0" } && !nvml.hasLosses)
        #expect(!nvml.isComplete && nvml.needsRestart)
        standIn.faults = []
        try standIn.write()
        #expect(nvml.look().map(\.reading.memoryUsed) == [0, 0] && nvml.isComplete && !nvml.needsRestart)
    }

    @Test func aCardThatIsSilentAtFirstComesLater() throws {
        let standIn = try StandIn(2)
        standIn.faults = ["error nvmlDeviceGetHandleByIndex_v2 1 10"]
        try standIn.write()
        let nvml = try NVML(path: standIn.path)
        #expect(nvml.look().map(\.card.uuid) == ["GPU-0"] && !nvml.isComplete && nvml.needsRestart)
        standIn.faults = []
        try standIn.write()
        #expect(nvml.look().map(\.card.uuid) == ["GPU-0", "GPU-1"])
    }

    @Test func aCardThatIsLostAtFirstIsAReasonToStartAnew() throws {
        let standIn = try StandIn(2)
        standIn.cards[1].isLost = true
        try standIn.write()
        let nvml = try NVML(path: standIn.path)
        #expect(nvml.look().map(\.card.uuid) == ["GPU-0"] && nvml.isComplete && nvml.needsRestart)
        standIn.cards[1].isLost = false
        try standIn.write()
        try nvml.restart()
        #expect(nvml.look().map(\.card.uuid) == ["GPU-0", "GPU-1"] && !nvml.needsRestart)
    }

    /// In a container without all device files NVML counts cards that it doesn't open.
    @Test func aCardThatIsForOthersIsNone() throws {
        let standIn = try StandIn(2)
        standIn.faults = ["error nvmlDeviceGetHandleByIndex_v2 0 4"]
        try standIn.write()
        let nvml = try NVML(path: standIn.path)
        #expect(nvml.look().map(\.card.uuid) == ["GPU-1"] && nvml.isComplete && !nvml.needsRestart)
    }

    @Test func aDriverWhoseDeviceFileIsHiddenIsTold() throws {
        let standIn = try StandIn(1)
        let absent = standIn.folder.path + "/nvidiactl"
        #expect(NVMLAbsence.isHidden(driver: standIn.path, control: absent))
        #expect(!NVMLAbsence.isHidden(driver: standIn.path, control: standIn.path))
        #expect(!NVMLAbsence.isHidden(driver: absent, control: absent))
    }
}
