import Foundation
import StewardAPI
import StewardCompute

/// Which devices there are, and what they do.
package enum DeviceSurvey {
    private static let product = BenchCase.product(1024)

    /// GPUs that others hold, by uuid, and who: these are listed and left alone.
    package typealias Held = [String: String]

    /// Looks; `measuring` takes a second or two a device.
    package static func look(measuring: Bool, held: Held = [:]) -> ComputeDevices {
        let (devices, absences) = Device.survey()
        var report: ComputeBenchReport?
        if measuring {
            let places = BenchPlace.all(of: devices.filter { held[$0.info.uuid ?? ""] == nil })
            report = ComputeBench(cases: [.memory, product], places: places, effort: .quick).run()
        }
        return ComputeDevices(
            devices: devices.map { device in
                var found = ComputeDevice(device.info, measured: report.flatMap { measures(of: device.info, in: $0) })
                found.held = device.info.uuid.flatMap { held[$0] }
                return found
            }, absences: absences.map(ComputeAbsence.init))
    }

    /// From the document that the server gives its child; nothing is held if there is none.
    static func held(_ document: Data) -> Held { (try? JSONDecoder().decode(Held.self, from: document)) ?? [:] }

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
