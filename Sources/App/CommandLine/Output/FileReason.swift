import Foundation
import Glibc

/// What the system says about a file that can't be used.
enum FileReason {
    /// The system's words for `error` where it has some.
    static func of(_ error: any Error) -> String {
        let underlying = (error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError
        if let underlying, underlying.domain == NSPOSIXErrorDomain { return text(Int32(underlying.code)) }
        switch (error as? CocoaError)?.code {
        case .fileNoSuchFile, .fileReadNoSuchFile: return text(ENOENT)
        case .fileReadNoPermission, .fileWriteNoPermission: return text(EACCES)
        case .fileWriteOutOfSpace: return text(ENOSPC)
        default: return error.localizedDescription
        }
    }

    /// The system's words for an errno value.
    static func text(_ code: Int32) -> String { String(cString: strerror(code)) }
}
