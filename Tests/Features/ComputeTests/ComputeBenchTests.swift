import Foundation
import StewardCompute
import Testing

extension ProcessorWideTests {
    @Suite struct ComputeBenchTests {
        /// A case whose figures are these, one after the other, then the last for ever.
        private func fixed(_ name: String, _ figures: [Double], higherIsBetter: Bool = true) -> BenchCase {
            BenchCase(name: name, unit: "GB/s", higherIsBetter: higherIsBetter) { _ in
                var left = figures
                return { left.count > 1 ? left.removeFirst() : left[0] }
            }
        }

        private let broken = BenchCase(
            name: "broken", unit: "us", higherIsBetter: false
        ) { (_) throws(ComputeError) -> BenchCase.Repetition in
            throw ComputeError(.noCompiler, "There is no compiler: install one.")
        }

        @Test func theFirstRepetitionOnlyWarmsUp() throws {
            let rate = try fixed("a", [1000, 5, 9, 7]).measure(in: .oneCore, effort: .quick)
            #expect(rate.best == 9)
            #expect(rate.count >= 3)
        }

        @Test func aTimesBestIsTheLeast() throws {
            let rate = try fixed("a", [0, 5, 9, 7], higherIsBetter: false).measure(in: .oneCore, effort: .quick)
            #expect(rate.best == 5)
        }

        @Test func ratiosAreAboveOneForWhatIsBetter() throws {
            let (slow, fast) = (
                try fixed("a", [10]).measure(in: .oneCore, effort: .quick),
                try fixed("a", [30]).measure(in: .oneCore, effort: .quick)
            )
            #expect(fast.ratio(to: slow) == 3)
            let (long, short) = (
                try fixed("a", [10], higherIsBetter: false).measure(in: .oneCore, effort: .quick),
                try fixed("a", [5], higherIsBetter: false).measure(in: .oneCore, effort: .quick)
            )
            #expect(short.ratio(to: long) == 2)
        }

        @Test func whatCannotBeMeasuredIsInTheReportWithTheReason() {
            var asked: [String] = []
            let bench = ComputeBench(cases: [broken, fixed("a", [2])], places: [.oneCore], effort: .quick)
            let report = bench.run { asked.append("\($0) on \($1)") }
            #expect(asked == ["broken on one core", "a on one core"])
            #expect(report.cases == ["broken", "a"])
            #expect(report.reason("broken", in: "one core") == "There is no compiler: install one.")
            #expect(report.rate("broken", in: "one core") == nil)
            #expect(report.rate("a", in: "one core")?.median == 2)
        }

        @Test func theReportIsTheSameAfterJSON() throws {
            let report = ComputeBench(cases: [broken, fixed("a", [2])], places: [.oneCore], effort: .quick).run()
            let copy = try JSONDecoder().decode(ComputeBenchReport.self, from: JSONEncoder().encode(report))
            #expect(copy == report)
        }

        @Test func theChartHasABarForEachPlaceAndSaysWhatWasNotRun() {
            let halves = BenchCase(name: "<halves>", unit: "GB/s", higherIsBetter: true) { place in
                let figure = place.name == "one core" ? 20.0 : 40.0
                return { figure }
            }
            let report = ComputeBench(
                cases: [halves, broken], places: [.oneCore, .allCores], effort: .quick
            ).run()
            let lines = BenchChart(report).lines(width: 40)
            #expect(
                lines == [
                    "<halves>",
                    "  one core  " + String(repeating: "█", count: 9) + " 20.0 GB/s",
                    "  all cores " + String(repeating: "█", count: 18) + " 40.0 GB/s",
                    "broken",
                    "  one core  not run",
                    "  all cores not run",
                ])
            let picture = BenchChart(report).svg()
            #expect(picture.contains("width=\"420\""))
            #expect(picture.contains("width=\"210\""))
            #expect(picture.contains("&lt;halves&gt;") && !picture.contains("<halves>"))
            #expect(picture.components(separatedBy: "not run").count == 3)
        }

        @Test(arguments: [
            (0.0, "0.0000"), (0.01234, "0.0123"), (0.5, "0.50"), (7.345, "7.35"), (40.44, "40.4"), (231.4, "231"),
        ])
        func figuresHaveThreeDigitsThatCount(_ value: Double, _ text: String) {
            #expect(BenchChart.number(value) == text)
        }

        @Test func oneCoreIsMeasuredWithOneThreadAndTheOthersComeBack() throws {
            let threads = BenchCase(name: "threads", unit: "threads", higherIsBetter: true) { _ in
                { Double(BenchPlace.all(of: []).count) }
            }
            let before = BenchPlace.all(of: []).count
            #expect(try threads.measure(in: .oneCore, effort: .quick).median == 1)
            #expect(BenchPlace.all(of: []).count == before)
        }

        @Test func thisProcessorIsMeasured() throws {
            let report = ComputeBench(
                cases: [.peak, .memory, .product(128)], places: [.oneCore], effort: .quick
            ).run()
            #expect(report.notMeasured.isEmpty)
            for rate in report.rates { #expect(rate.median > 0 && rate.best >= rate.median) }
            #expect(!report.simd.isEmpty)
            #expect(!report.products.name.isEmpty)
        }

        /// Whether this machine has a compiler for kernels.
        static let compiles: Bool = {
            let source = KernelSource(#"extern "C" __global__ void nothing() {}"#)
            return (try? Device.select(.cpu).compile(cuda: source)) != nil
        }()

        @Test(.enabled(if: compiles, "not run: needs clang or g++"))
        func launchesAndBarriersOfThisProcessorAreMeasured() {
            let report = ComputeBench(cases: [.launch, .barrier], places: [.allCores], effort: .quick).run()
            #expect(report.notMeasured.isEmpty)
            for rate in report.rates { #expect(rate.best > 0 && rate.median >= rate.best) }
        }
    }
}
