import StewardCompute
import Testing

/// What goes wrong in a session: each a typed error, and the program goes on.
@Suite(.serialized, .standIn) struct CUDAFailureTests {
    @Test func tooMuchMemorySaysWhatWasAskedAndWhatIsFree() throws {
        do {
            let device = try StandIn.shared.device(StandIn.Settings(memory: 64 << 20))
            let held = try Buffer<UInt8>(40 << 20, on: device)
            let error = #expect(throws: ComputeError.self) { try Buffer<UInt8>(41 << 20, on: device) }
            #expect(error?.code == .outOfMemory)
            let words =
                "cuMemAlloc_v2 failed on cuda:0 with CUDA_ERROR_OUT_OF_MEMORY (2); \(41 << 20) bytes were asked "
                + "for, \(24 << 20) of \(64 << 20) are free"
            #expect(error?.message.hasPrefix(words) == true, "\(String(describing: error))")
            let huge = #expect(throws: ComputeError.self) { try device.backend.allocate(byteCount: Int.max) }
            #expect(huge?.code == .outOfMemory)
            withExtendedLifetime(held) {}
        }
        #expect(StandIn.shared.alive == [:])
    }

    @Test func memoryThatNoEventCouldBePutAfterIsKeptUntilTheNext() throws {
        do {
            let device = try StandIn.shared.device(StandIn.Settings(delay: 500))
            let saxpy = try DeviceSaxpy(device)
            let y = try Buffer<Float>([0], on: device)
            StandIn.shared.fail("cuEventRecord", code: 999)
            for _ in 0..<100 { try saxpy.launch(1, try Buffer<Float>([1], on: device), y) }
            #expect(try y.read() == [100])
        }
        #expect(StandIn.shared.alive == [:])
    }

    @Test func memoryThatIsKeptForLaterIsGivenUpForARequestThatNeedsIt() throws {
        let device = try StandIn.shared.device(StandIn.Settings(memory: 64 << 20))
        _ = try Buffer<UInt8>(40 << 20, on: device)
        let queued = try Buffer<UInt8>(20 << 20, on: device)
        try queued.fill(byte: 1)
        _ = try Buffer<UInt8>(44 << 20, on: device)
    }

    @Test(arguments: [
        (700, ComputeError.Code.kernelFault, "steward compute check"), (719, .kernelFault, "start this program again"),
        (702, .deadline, "watchdog"), (214, .deviceUnavailable, "Xid"), (999, .deviceUnavailable, "nvidia-smi"),
    ])
    func afterAFaultEveryCallSaysTheSame(code: Int, kind: ComputeError.Code, advice: String) throws {
        do {
            let device = try StandIn.shared.device(StandIn.Settings(delay: 1000))
            let saxpy = try DeviceSaxpy(device)
            let y = try Buffer<Float>([0], on: device)
            let event = try device.defaultStream.record()
            try device.synchronize()
            StandIn.shared.fault(work: StandIn.shared.workBegun + 3, code: Int32(code))
            for _ in 0..<5 { try saxpy.launch(1, y, y) }
            let first = #expect(throws: ComputeError.self) { try device.synchronize() }
            #expect(first?.code == kind)
            #expect(first?.message.contains("(\(code))") == true)
            #expect(first?.message.contains(advice) == true)
            #expect(first?.message.contains("the last kernels queued were saxpy (saxpy.cu:1)") == true)
            let calls: [() throws -> Void] = [
                { try saxpy.launch(1, y, y) },
                { _ = try y.read() },
                { _ = try Buffer<Float>(1, on: device) },
                { _ = try HostBuffer<Float>(1, for: device) },
                { _ = try device.makeStream() },
                { _ = try device.compile(cuda: DeviceSaxpy.source) },
                { try event.synchronize() },
                { try device.synchronize() },
            ]
            for call in calls { #expect(throws: try #require(first)) { try call() } }
            #expect(event.isDone, "nobody waits for a device that is gone")
        }
        #expect(StandIn.shared.alive == [:])
    }

    @Test func aSourceThatDoesNotCompileIsQuotedInItsOwnLines() throws {
        let device = try StandIn.shared.device()
        let error = #expect(throws: ComputeError.self) {
            try device.compile(cuda: KernelSource("\n#error not yet\n", file: "draft.cu"))
        }
        #expect(error?.code == .compilation)
        #expect(
            error?.description == """
                draft.cu does not compile for the GPU: 1 error.
                draft.cu:2:2: error: #error directive: not yet
                """)
        let checked = #expect(throws: ComputeError.self) {
            try device.compile(cuda: KernelSource("", file: "draft.cu", mode: .check))
        }
        #expect(checked?.code == .unsupported)
        let program = try device.compile(cuda: DeviceSaxpy.source)
        let unknown = #expect(throws: ComputeError.self) { try program.kernel("sax") }
        #expect(unknown?.message == "saxpy.cu has no kernel 'sax'; it has saxpy.")
    }

    @Test func aDeviceNewerThanTheCompilerGetsPortableCode() throws {
        let device = try StandIn.shared.device(StandIn.Settings(major: 13, minor: 0))
        let y = try Buffer<Float>([1], on: device)
        try DeviceSaxpy(device).launch(2, y, y)
        #expect(try y.read() == [3])
        #expect(StandIn.shared.calls.contains("nvrtcGetPTX"))
        let ancient = try StandIn.shared.device(StandIn.Settings(major: 3, minor: 5))
        let error = #expect(throws: ComputeError.self) { try DeviceSaxpy(ancient) }
        #expect(error?.code == .noCompiler)
        #expect(error?.message.contains("sm_35") == true)
    }

    @Test func compiledCodeIsKeptOnDisk() throws {
        let folder = Tool.scratch("kernels")
        let other = KernelSource(DeviceSaxpy.source.text, file: "saxpy.cu", defines: ["N": "1"])
        func compilations() throws -> Int {
            let device = try StandIn.shared.device(cache: folder)
            let y = try Buffer<Float>([1], on: device)
            try DeviceSaxpy(device).launch(1, y, y)
            _ = try device.compile(cuda: other)
            #expect(try y.read() == [2])
            return StandIn.shared.calls.count { $0 == "nvrtcCompileProgram" }
        }
        #expect(try compilations() == 2)
        #expect(try compilations() == 0)
        for file in CUDALibraryPaths.glob("\(folder)/*") { Tool.cutShort(file) }
        #expect(try compilations() == 2, "a damaged file costs a compilation")
        #expect(try compilations() == 0)
        let moved = try StandIn.shared.device(StandIn.Settings(major: 8), cache: folder)
        _ = try DeviceSaxpy(moved)
        #expect(StandIn.shared.calls.count { $0 == "nvrtcCompileProgram" } == 1, "another GPU has code of its own")
    }
}
