import CCompute

/// Cases times places: what `steward compute bench` runs.
public struct ComputeBench: Sendable {
    /// Rows, in order.
    public var cases: [BenchCase]
    /// Columns, in order.
    public var places: [BenchPlace]
    /// How long each figure may take.
    public var effort: BenchEffort

    /// - Parameters:
    ///   - cases: ``BenchCase/standard``, and a training step where there is one to measure.
    ///   - places: where; ``BenchPlace/all(of:)`` has what there is.
    public init(
        cases: [BenchCase] = BenchCase.standard, places: [BenchPlace] = BenchPlace.all(),
        effort: BenchEffort = .thorough
    ) {
        self.cases = cases
        self.places = places
        self.effort = effort
    }

    /// What `steward compute devices` shows of these devices, in a second or two.
    public static func ofDevices(_ devices: [Device] = Device.survey().devices) -> ComputeBench {
        ComputeBench(cases: BenchCase.forDevices, places: BenchPlace.all(of: devices), effort: .quick)
    }

    /// Measures everything, one after the other, in the caller's thread. What can't be measured is in the report with
    /// the reason.
    /// - Parameter progress: called with the case and the place before each is measured.
    public func run(progress: (String, String) -> Void = { _, _ in }) -> ComputeBenchReport {
        var report = ComputeBenchReport(cases: cases.map(\.name), places: places.map(\.name))
        for item in cases {
            for place in places {
                progress(item.name, place.name)
                do throws(ComputeError) {
                    report.rates.append(try item.measure(in: place, effort: effort))
                } catch {
                    report.notMeasured.append(
                        NotMeasured(name: item.name, place: place.name, reason: error.message))
                }
            }
        }
        return report
    }
}

/// What a bench measured.
public struct ComputeBenchReport: Hashable, Sendable, Codable {
    /// The processor's name.
    public var processor: String
    /// Threads of `all cores`.
    public var threads: Int
    /// The SIMD extension that the kernels use.
    public var simd: String
    /// By what the processor multiplies matrices.
    public var products: ProductsLibrary
    /// Whether this program was built without optimisation, which its own kernels are then measured without.
    public var debugBuild: Bool
    /// Rows, in order.
    public var cases: [String]
    /// Columns, in order.
    public var places: [String]
    /// The figures, by case, then by place.
    public var rates: [MeasuredRate] = []
    /// What could not be measured.
    public var notMeasured: [NotMeasured] = []
    /// Why there is no GPU among the places.
    public var absences: [DeviceAbsence]

    init(cases: [String], places: [String]) {
        self.cases = cases
        self.places = places
        processor = CPUBackend.shared.info.name
        threads = Int(steward_threads())
        simd = String(cString: steward_simd())
        products = ProductsLibrary.current
        #if DEBUG
            debugBuild = true
        #else
            debugBuild = false
        #endif
        absences = Device.survey().absences
    }

    /// The figure of a case in a place.
    public func rate(_ name: String, in place: String) -> MeasuredRate? {
        rates.first { $0.name == name && $0.place == place }
    }

    /// Why a case has no figure in a place.
    public func reason(_ name: String, in place: String) -> String? {
        notMeasured.first { $0.name == name && $0.place == place }?.reason
    }
}
