import Glibc
import Logging
import StewardTelemetry

extension LogSettings {
    /// Where the log goes.
    package var destinations: [LogSink.Destination] {
        var result: [LogSink.Destination] = []
        if stdout {
            let standard = LogSink.Destination.automatic(for: 1)
            switch format {
            case .auto: result.append(.standardOutput(standard))
            case .json: result.append(.standardOutput(.json))
            case .text: result.append(.standardOutput(standard == .json ? .text(coloured: false) : standard))
            }
        }
        if let file { result.append(.file(file, limit: rotateSize, keep: rotateKeep)) }
        return result
    }

    /// The least level, as loggers have it.
    package var loggerLevel: Logger.Level { Logger.Level(rawValue: level.rawValue) ?? .info }

    /// Why the file can't be written, in a sentence; nil if it can, or if there is none. Makes it where it is missing.
    var refusal: String? {
        guard let file else { return nil }
        let descriptor = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0o640)
        guard descriptor >= 0 else {
            return "log.file: \(file) can't be written: \(String(cString: strerror(errno)))"
        }
        close(descriptor)
        return nil
    }
}
