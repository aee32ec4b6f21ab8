import Glibc

/// The cards as NVML sees them; of a card in MIG mode its instances. What fails on one card says nothing of the others. Calls
/// may block for as long as the driver likes: confined to a thread of its own.
package final class NVML {
    /// One card at one moment.
    package struct Look: Hashable, Sendable {
        package var card: GPUCard
        package var reading: GPUReading
        /// Why the card can do no more work; nil if it can.
        package var loss: String?

        /// A look; a card without a `loss` works.
        package init(card: GPUCard, reading: GPUReading, loss: String? = nil) {
            self.card = card
            self.reading = reading
            self.loss = loss
        }
    }

    struct Known {
        var card: GPUCard
        var device: NVMLLibrary.Device?
        var loss: String?
        /// Whether it is in MIG mode, so that only its instances do work; nil: that could not be told yet.
        var isParted: Bool?
        /// Whether all its instances are known.
        var knowsParts = true
    }

    let library: NVMLLibrary
    let capabilities: GPUCapabilities
    var known: [Known] = []
    var listing = Listing()
    /// The driver's version, `550.54.15`.
    package private(set) var driver: String?

    /// Opens the library (at `path`, or where the loader finds it) and starts it.
    package init(path: String?, capabilities: GPUCapabilities = .system) throws(NVMLAbsence) {
        library = try NVMLLibrary(path: path)
        self.capabilities = capabilities
        try begin()
    }

    /// The library counts its users: what did not start it doesn't shut it down, and an init that throws ends here too.
    private var isStarted = false

    deinit { if isStarted { _ = library.shutdown() } }

    private func begin() throws(NVMLAbsence) {
        let code = NVMLCode(rawValue: library.initialize())
        guard code == .success else { throw .noDriver(code, library.words(code)) }
        isStarted = true
        driver = text(96) { pointer, size in library.driverVersion?(pointer, size) ?? 13 }
        list()
    }

    /// Shuts the library down and starts it anew: a card that was lost is back if it is listed and answers.
    package func restart() throws(NVMLAbsence) {
        if isStarted { _ = library.shutdown() }
        isStarted = false
        for index in known.indices { known[index].device = nil }
        try begin()
    }

    /// Whether a card is lost, so that starting anew may help.
    package var hasLosses: Bool { known.contains { $0.loss != nil } }

    /// Whether starting anew may bring a card that is lost, or listed without an answer.
    package var needsRestart: Bool { hasLosses || listing.hasGaps }

    /// Whether all cards and instances that there are are known; a card of which that can't be told answers later.
    package var isComplete: Bool {
        listing.isComplete
            && known.allSatisfy { $0.card.part != nil || $0.loss != nil || ($0.isParted != nil && $0.knowsParts) }
    }

    /// Cards in MIG mode that nobody has made an instance of: no work can be done on them.
    package var unpartedCards: [GPUCard] {
        known.filter { whole in
            whole.isParted == true && whole.knowsParts && whole.loss == nil
                && !known.contains { $0.card.part?.card == whole.card.uuid }
        }.map(\.card)
    }

    func text(_ size: Int, _ call: (UnsafeMutablePointer<CChar>, UInt32) -> UInt32) -> String? {
        var buffer = [CChar](repeating: 0, count: size)
        guard buffer.withUnsafeMutableBufferPointer({ call($0.baseAddress!, UInt32(size)) }) == 0 else { return nil }
        let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    func number(_ call: (UnsafeMutablePointer<UInt32>) -> UInt32) -> Int? {
        var value: UInt32 = 0
        return call(&value) == 0 ? Int(value) : nil
    }

    // MARK: Readings

    /// How every card, or instance of a card, is now; without those that don't answer.
    package func look() -> [Look] {
        if !listing.isComplete { list() }
        listParts()
        return known.indices.compactMap { index in
            guard known[index].isParted != true else { return nil }
            var reading = GPUReading()
            if known[index].loss == nil {
                guard let device = known[index].device else { return nil }
                do throws(NVMLCode) {
                    reading = try read(device)
                    if let part = known[index].card.part { try complete(&reading, on: part.card) }
                } catch {
                    known[index].loss = "\(library.words(error)) (\(error.name))"
                }
            }
            // Of which it isn't told whether it is in MIG mode is neither one card nor several.
            guard known[index].isParted != nil || known[index].loss != nil else { return nil }
            return Look(card: known[index].card, reading: reading, loss: known[index].loss)
        }
    }

    /// Throws if the card is lost; what it can't tell stays nil.
    func read(_ device: NVMLLibrary.Device) throws(NVMLCode) -> GPUReading {
        var memory = NVMLLibrary.Memory()
        var rates = NVMLLibrary.Utilization()
        let hasMemory = try succeeded(library.memory(device, &memory))
        let hasRates = try succeeded(library.utilization?(device, &rates))
        let (temperature, power) = try sensors(device)
        return GPUReading(
            utilisation: hasRates ? Int(rates.gpu) : nil, memoryUsed: hasMemory ? Int(clamping: memory.used) : nil,
            temperature: temperature, power: power, processes: try processes(device))
    }

    /// Degrees and watts.
    func sensors(_ device: NVMLLibrary.Device) throws(NVMLCode) -> (temperature: Int?, power: Double?) {
        var (temperature, power) = (UInt32(0), UInt32(0))
        let hasTemperature = try succeeded(library.temperature?(device, 0, &temperature))
        let hasPower = try succeeded(library.power?(device, &power))
        return (hasTemperature ? Int(temperature) : nil, hasPower ? Double(power) / 1000 : nil)
    }

    private func succeeded(_ result: UInt32?) throws(NVMLCode) -> Bool {
        let code = NVMLCode(rawValue: result ?? NVMLCode.functionNotFound.rawValue)
        if code.isLoss { throw code }
        return code == .success
    }

    /// The processes with a compute context; nil where the card can't tell.
    private func processes(_ device: NVMLLibrary.Device) throws(NVMLCode) -> [Int32]? {
        guard let list = library.processes else { return nil }
        var room = 64
        for _ in 0..<4 {
            var found = [NVMLLibrary.ProcessInfo](repeating: .init(), count: room)
            var count = UInt32(room)
            let code = NVMLCode(rawValue: found.withUnsafeMutableBytes { list(device, &count, $0.baseAddress) })
            if code.isLoss { throw code }
            if code == .success { return found.prefix(Int(count)).map { Int32(bitPattern: $0.pid) } }
            guard code == .insufficientSize else { return nil }
            room = max(Int(count), room) + 64
        }
        return nil
    }
}
