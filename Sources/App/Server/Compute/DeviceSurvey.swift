import StewardAPI
import StewardCompute

/// Which devices there are, and what they do.
package enum DeviceSurvey {
    /// Looks; `measuring` takes about a second a device.
    package static func look(measuring: Bool) -> ComputeDevices {
        let (devices, absences) = Device.survey()
        return ComputeDevices(
            devices: devices.map { ComputeDevice($0.info) }, absences: absences.map(ComputeAbsence.init))
    }
}
