import StewardCompute
import Testing

/// What `Benchmarks/compute/gpu.sh` checks and measures on a GPU, run on the stand-in.
@Suite(.serialized, .standIn) struct AgreementTests {
    @Test func productsInEveryPrecisionAgreeWithFloat64() throws {
        do {
            let device = try StandIn.shared.device(StandIn.Settings(immediate: 1))
            let sizes = [Dim3(1, 1, 1), Dim3(7, 5, 3), Dim3(20, 17, 33)]
            for size in sizes {
                for precision in MatrixProduct.Precision.allCases {
                    let found = try Agreement.products(device, size, precision)
                    #expect(found.count == (precision == .bf16 || precision == .fp16 ? 6 : 5))
                    for agreement in found { #expect(agreement.holds, "\(agreement)") }
                }
            }
        }
        #expect(StandIn.shared.alive == [:])
    }

    @Test func kernelsAgreeWithFloat64() throws {
        do {
            let device = try StandIn.shared.device()
            let found = try Agreement.kernels(device)
            #expect(found.count == 4)
            for agreement in found { #expect(agreement.holds, "\(agreement)") }
        }
        #expect(StandIn.shared.alive == [:])
        for agreement in try Agreement.kernels(try Device.select(.cpu)) { #expect(agreement.holds, "\(agreement)") }
    }

    @Test func figuresAreMeasured() throws {
        do {
            let device = try StandIn.shared.device()
            let figures = try DeviceFigures(device, repetitions: 2, bytes: 1 << 20, productSizes: [16], launches: 20)
                .measure()
            #expect(
                figures.map(\.name) == [
                    "copy to device", "copy to host", "copy on device", "copy by a kernel", "launch",
                    "kernel in a graph", "product 16 fp32", "product 16 tf32", "product 16 bf16", "product 16 fp16",
                ])
            for figure in figures {
                #expect(figure.samples.count == 2)
                #expect(figure.median > 0 && figure.median.isFinite)
            }
        }
        #expect(StandIn.shared.alive == [:])
    }

    @Test func aWrongCellIsSeen() {
        let right = Agreement("x", [1, 2], [1, 2.000_000_1]) { _ in 1e-6 }
        #expect(right.holds)
        #expect(!Agreement("x", [1, 2], [1, 2.1]) { _ in 1e-6 }.holds)
        #expect(!Agreement("x", [.nan, 2], [1, 2]) { _ in 1e-6 }.holds)
        #expect(!Agreement("x", [2, .nan, 2], [1.9999, 2, 2]) { _ in 1 }.holds)
        #expect(!Agreement("x", [1], [1, 2]) { _ in 1 }.holds)
    }

    @Test func halvesAreExact() {
        for value: Float in [0, 1, -1, 0.5, 127 / 128, -1 / 128, 3 / 128] {
            let bits = Numbers.half(value)
            #expect(Float(Float16(bitPattern: bits)) == value)
        }
    }
}
