import StewardAPI
import StewardCompute

/// Which devices there are, and what they do.
package enum DeviceSurvey {
    private static let product = BenchCase.product(1024)

    /// Looks; `measuring` takes a second or two a device.
    package static func look(measuring: Bool) -> ComputeDevices {
        let (devices, absences) = Device.survey()
        var report: ComputeBenchReport?
        if measuring {
            let places = BenchPlace.all(of: devices)
            report = ComputeBench(cases: [.memory, product], places: places, effort: .quick).run()
        }
        return ComputeDevices(
            devices: devices.map { device in
                ComputeDevice(device.info, measured: report.flatMap { measures(of: device.info, in: $0) })
            }, absences: absences.map(ComputeAbsence.init))
    }

    private static func measures(of device: DeviceInfo, in report: ComputeBenchReport) -> ComputeMeasures? {
        func median(_ name: String, _ place: String) -> Double? { report.rate(name, in: place)?.median }
        let one = BenchPlace.oneCore.name
        let isCPU = device.kind == .cpu
        let place =
            !isCPU ? device.id : report.places.contains(BenchPlace.allCores.name) ? BenchPlace.allCores.name : one
        guard let gflops = median(product.name, place), let memory = median(BenchCase.memory.name, place) else {
            return nil
        }
        return ComputeMeasures(
            gflopsOneCore: isCPU ? median(product.name, one) : nil, gflops: gflops, gigabytesPerSecond: memory)
    }
}
