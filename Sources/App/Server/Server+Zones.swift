import Foundation
import Logging
import NIOCore
import StewardAccess
import StewardEdge
import StewardScripts

extension Zone {
    /// The zone that `settings` describe; folders of other zones beneath its own are left out.
    convenience init(_ settings: ZoneSettings, among all: [ZoneSettings], zygote: Zygote, logger: Logger) {
        var scripts = ScriptZoneSettings(prefix: settings.prefix.text, folder: settings.folder)
        let own = settings.folder.hasSuffix("/") ? settings.folder : settings.folder + "/"
        scripts.excluded = Set(
            all.map(\.folder).filter { $0 != settings.folder && $0.hasPrefix(own) }
                .map { String($0.dropFirst(own.count)) })
        scripts.timeout = TimeAmount(settings.scripts.timeout)
        scripts.workers = settings.scripts.workers ?? min(4, ProcessInfo.processInfo.activeProcessorCount)
        scripts.overflow = settings.scripts.overflow
        scripts.queue = settings.scripts.queue
        scripts.cancelsOnDisconnect = settings.scripts.onDisconnect == .cancel
        scripts.cards = CardDemand(
            count: settings.scripts.gpu, memory: settings.scripts.gpuMemory, share: settings.scripts.gpuShare)
        scripts.cardPatience = settings.scripts.gpuPatience.map { TimeAmount($0) }
        scripts.cardKeep = TimeAmount(settings.scripts.gpuKeep)
        for variable in settings.scripts.environment { scripts.environment[variable.name] = variable.value }
        self.init(
            access: settings.access, scripts: ScriptZone(settings: scripts, zygote: zygote, logger: logger),
            bodyLimit: settings.bodyLimit)
    }
}

extension EdgeLimits {
    /// The edge's limits as the settings have them.
    init(_ settings: EdgeSettings) {
        self.init()
        header = TimeAmount(settings.headerTimeout)
        bodyRate = settings.bodyRate
        write = TimeAmount(settings.writeTimeout)
        keepAlive = TimeAmount(settings.keepAlive)
        line = settings.headerLine
        headers = settings.headers
        headerCount = settings.headerCount
        connections = settings.connections
    }

    /// The same with what the HTTPS listener adds.
    init(_ settings: ServerSettings) {
        self.init(settings.limits)
        handshake = TimeAmount(settings.tls.handshakeTimeout)
    }
}
