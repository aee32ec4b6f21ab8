import StewardCompute
import Testing

@Suite struct DimensionsTests {
    @Test func aSizeIsWrittenWithTheDimensionsItHas() {
        #expect(Dim3(4096).description == "4096")
        #expect(Dim3(16, 16).description == "16x16")
        #expect(Dim3(8, 8, 4).description == "8x8x4")
        #expect(Dim3(8, 8, 4).count == 256)
    }

    @Test func aCountThatDoesNotFitIsTheLargestNumber() {
        #expect(Dim3(8, 8, 4).clampedCount == 256)
        #expect(Dim3(1 << 31, 1 << 31, 4).clampedCount == .max)
        #expect(Dim3(1 << 40, 1 << 40, 1).clampedCount == .max)
    }

    @Test func moreCellsThanAnyMemoryHoldsIsAnError() throws {
        let device = try Device.select(.cpu)
        #expect(throws: ComputeError.self) { try Buffer<Double>(Int.max, on: device) }
        #expect(throws: ComputeError.self) { try HostBuffer<Double>(Int.max / 2, for: device) }
    }

    @Test func aBufferGivesBackWhatWasWritten() throws {
        let buffer = try Buffer<Float>([1, 2, 3, 4], on: Device.select(.cpu))
        #expect(try buffer.read() == [1, 2, 3, 4])
        #expect(try buffer.read(1..<3) == [2, 3])
        #expect(throws: ComputeError.self) { try buffer.read(3..<5) }
    }
}
