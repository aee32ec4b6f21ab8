import Foundation
import Logging
import NIOCore
import StewardAccess
import StewardEdge
import StewardScripts

extension ScriptZoneSettings {
    /// How the scripts of the zone run that `settings` describe; folders of other zones beneath its own are left out.
    init(_ settings: ZoneSettings, among all: [ZoneSettings]) {
        self.init(prefix: settings.prefix.text, folder: settings.folder)
        let own = settings.folder.hasSuffix("/") ? settings.folder : settings.folder + "/"
        excluded = Set(
            all.map(\.folder).filter { $0 != settings.folder && $0.hasPrefix(own) }
                .map { String($0.dropFirst(own.count)) })
        timeout = TimeAmount(settings.scripts.timeout)
        workers = settings.scripts.workers ?? min(4, ProcessInfo.processInfo.activeProcessorCount)
        overflow = settings.scripts.overflow
        queue = settings.scripts.queue
        cancelsOnDisconnect = settings.scripts.onDisconnect == .cancel
        sessions = settings.scripts.sessions
        cards = CardDemand(
            count: settings.scripts.gpu, memory: settings.scripts.gpuMemory, share: settings.scripts.gpuShare)
        cardPatience = settings.scripts.gpuPatience.map { TimeAmount($0) }
        cardKeep = TimeAmount(settings.scripts.gpuKeep)
        for variable in settings.scripts.environment { environment[variable.name] = variable.value }
    }
}

extension EdgeLimits {
    /// The edge's limits as the settings have them.
    init(_ settings: EdgeSettings) {
        self.init()
        header = TimeAmount(settings.headerTimeout)
        bodyRate = settings.bodyRate
        bodyWindow = TimeAmount(settings.bodyWindow)
        write = TimeAmount(settings.writeTimeout)
        writeRate = settings.writeRate
        keepAlive = TimeAmount(settings.keepAlive)
        linger = TimeAmount(settings.linger)
        lingerSize = settings.lingerSize
        unreadBody = settings.unreadBody
        answerMemory = settings.answerMemory
        answerFiles = settings.answerFiles
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
