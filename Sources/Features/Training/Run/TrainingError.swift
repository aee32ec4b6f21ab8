import StewardCompute

/// Why a training can't begin or go on: a closed code, and a sentence with the place and the way out.
public struct TrainingError: Error, Hashable, Sendable {
    /// What kind of failure it is; stable, for programs.
    public enum Code: String, Hashable, Sendable, Codable {
        /// A setting is out of its range; `field` names it.
        case setting = "training-setting"
        /// The data are missing, unreadable or of another kind.
        case data = "training-data"
        /// A checkpoint is damaged, or of another model.
        case checkpoint = "training-checkpoint"
        /// The device failed.
        case device = "training-device"
    }

    /// What kind of failure it is.
    public var code: Code
    /// A full sentence: what, where, and what to do.
    public var message: String
    /// The setting that it is about, as in ``TrainingSettings``.
    public var field: String?

    /// A failure of this kind.
    public init(_ code: Code, _ message: String, field: String? = nil) {
        self.code = code
        self.message = message
        self.field = field
    }

    /// A failure of the device.
    public init(_ error: ComputeError) { self.init(.device, error.description) }
}

extension TrainingError: CustomStringConvertible {
    /// The message.
    public var description: String { message }
}

/// Runs what fails as a device fails.
func onDevice<Result>(_ body: () throws(ComputeError) -> Result) throws(TrainingError) -> Result {
    do throws(ComputeError) { return try body() } catch { throw TrainingError(error) }
}
