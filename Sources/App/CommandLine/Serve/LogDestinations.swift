import StewardServer
import StewardTelemetry

extension LogSettings {
    /// Where the log goes.
    var destinations: [LogSink.Destination] {
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
}
