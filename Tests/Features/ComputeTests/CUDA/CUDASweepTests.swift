import StewardCompute
import Testing

/// Fails every call of the driver that a session makes, one after the other.
@Suite(.serialized, .standIn) struct CUDASweepTests {
    /// The calls whose failure changes nothing for the caller: what they give back is gone, what they ask is asked again.
    private static let tolerated: Set<String> = [
        "cuMemFree_v2", "cuMemFreeHost", "cuStreamDestroy_v2", "cuEventDestroy_v2", "cuModuleUnload",
        "cuGraphDestroy", "cuGraphExecDestroy", "cublasDestroy_v2", "nvrtcDestroyProgram",
        "cuDevicePrimaryCtxRelease_v2", "cuDriverGetVersion",
    ]

    /// A bit of everything; `steps` becomes the number of calls that were made for it, the clearing up not counted.
    private func session(_ steps: inout Int) throws {
        let device = try StandIn.shared.device(StandIn.Settings(immediate: 1), keepingFaults: true)
        let saxpy = try DeviceSaxpy(device)
        let (x, y) = (try Buffer<Float>([1, 2, 3, 4], on: device), try Buffer<Float>([0, 0, 0, 0], on: device))
        let host = try HostBuffer<Float>(4, for: device)
        let stream = try device.makeStream()
        let start = try stream.record()
        try saxpy.launch(1, x, y, shared: 64 << 10, stream: stream)
        let end = try stream.record()
        try device.defaultStream.wait(for: end)
        let graph = try stream.capture { () throws(ComputeError) in try saxpy.launch(1, x, y, stream: stream) }
        try graph.launch(on: stream)
        try stream.copy(from: y, to: host)
        try stream.copy(from: x, to: y)
        try y.fill(byte: 0, stream: stream)
        try end.synchronize()
        _ = try end.seconds(since: start)
        let product = MatrixProduct(m: 2, n: 2, k: 2, a: x.address, b: x.address, c: y.address)
        try stream.backend.multiply(product)
        try device.synchronize()
        #expect(Array(host.cells) == [2, 4, 6, 8])
        #expect(try y.read() == [7, 10, 15, 22])
        steps = StandIn.shared.calls.count
    }

    @Test(arguments: [1, 2, 700, 999, 4711]) func everyCallThatFailsIsNamed(code: Int) throws {
        var steps = 0
        StandIn.shared.clearFaults()
        StandIn.shared.forget()
        try session(&steps)
        let calls = StandIn.shared.calls
        #expect(StandIn.shared.alive == [:])
        #expect(steps > 60)
        for number in 1...steps {
            StandIn.shared.clearFaults()
            StandIn.shared.fail(call: number, code: Int32(code))
            try sweep(calls[number - 1], number, code)
        }
        StandIn.shared.clearFaults()
    }

    private func sweep(_ name: String, _ number: Int, _ code: Int) throws {
        var steps = 0
        var words = ""
        do { try session(&steps) } catch {
            words = (error as? ComputeError)?.message ?? (error as? DeviceAbsence)?.sentence ?? "untyped: \(error)"
        }
        let left = StandIn.shared.alive
        StandIn.shared.forget()
        let place: Comment = "call \(number), \(name): '\(words)', leaves \(left)"
        let isDisposal = Self.tolerated.contains(name) || (name == "cuCtxSetCurrent" && !left.isEmpty)
        if isDisposal {
            #expect(words.isEmpty, place)
            #expect(left.values.reduce(0, +) <= 1, place)
            return
        }
        #expect(left == [:], place)
        // Memory that can't be had is asked for again once what is kept for later has been given up.
        let isRetried = code == 2 && words.isEmpty && ["cuMemAlloc_v2", "cuCtxSetCurrent"].contains(name)
        #expect(isRetried || words.contains(name) && words.contains("(\(code))"), place)
    }
}
