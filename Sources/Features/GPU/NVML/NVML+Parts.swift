import Glibc

/// Instances of cards in MIG mode (NVIDIA Multi-Instance GPU User Guide; nvml.h, "Multi Instance GPU Management").
extension NVML {
    /// Brings the instances up to date: they come and go while programs run, and their handles with them. One that is
    /// gone is forgotten; where that can't be told now, all stay as they were.
    func listParts() {
        for whole in known where whole.card.part == nil && whole.loss == nil {
            guard let device = whole.device else { continue }
            guard let isParted = isParted(device) else {
                for index in known.indices where known[index].card.uuid == whole.card.uuid {
                    known[index].knowsParts = whole.isParted == false
                }
                continue
            }
            let parts = isParted ? parts(of: whole.card, device) : []
            for index in known.indices where known[index].card.uuid == whole.card.uuid {
                known[index].isParted = isParted
                known[index].knowsParts = parts != nil
            }
            guard let parts else { continue }
            known.removeAll { $0.card.part?.card == whole.card.uuid }
            known += parts
        }
        let cards = Set(known.map(\.card.uuid))
        known.removeAll { $0.card.part.map { !cards.contains($0.card) } ?? false }
        known.sort { $0.card.isBefore($1.card) }
    }

    /// Whether the card is in MIG mode; nil where it can't be told now.
    private func isParted(_ device: NVMLLibrary.Device) -> Bool? {
        guard let mode = library.partMode, library.part != nil, library.partLimit != nil else { return false }
        var (current, pending) = (UInt32(0), UInt32(0))
        switch NVMLCode(rawValue: mode(device, &current, &pending)) {
        case .success: return current == 1
        case .notSupported, .functionNotFound: return false
        default: return nil
        }
    }

    /// The instances of a card; nil where one can't be asked now: that it doesn't answer isn't that it is gone.
    private func parts(of card: GPUCard, _ device: NVMLLibrary.Device) -> [Known]? {
        guard let limit = number({ library.partLimit?(device, $0) ?? NVMLCode.functionNotFound.rawValue }) else {
            return nil
        }
        var found: [Known] = []
        // Instances keep their number as long as they live; numbers between may be free.
        for number in 0..<UInt32(clamping: limit) {
            var handle: NVMLLibrary.Device?
            switch NVMLCode(rawValue: library.part?(device, number, &handle) ?? NVMLCode.notFound.rawValue) {
            case .notFound: continue
            case .success:
                guard let handle, let part = describe(handle, number: Int(number), of: card) else { return nil }
                found.append(part)
            default: return nil
            }
        }
        return found
    }

    private func describe(_ device: NVMLLibrary.Device, number place: Int, of whole: GPUCard) -> Known? {
        var memory = NVMLLibrary.Memory()
        guard let uuid = text(96, { library.uuid(device, $0, $1) }), library.memory(device, &memory) == 0,
            let instance = number({ library.gpuInstance?(device, $0) ?? NVMLCode.functionNotFound.rawValue }),
            let compute = number({ library.computeInstance?(device, $0) ?? NVMLCode.functionNotFound.rawValue })
        else { return nil }
        var part = GPUPart(card: whole.uuid, number: place, gpuInstance: instance)
        part.capabilities = capabilities.minors(card: whole.minor, gpuInstance: instance, computeInstance: compute)
        let name = text(96) { library.name(device, $0, $1) } ?? "\(whole.name) MIG"
        let card = GPUCard(
            uuid: uuid, index: whole.index, name: name, memory: Int(clamping: memory.total), minor: whole.minor,
            part: part)
        return Known(card: card, device: device, isParted: false)
    }

    /// What only the whole card can tell: temperature and power.
    func complete(_ reading: inout GPUReading, on uuid: String) throws(NVMLCode) {
        guard let device = known.first(where: { $0.card.uuid == uuid })?.device else { return }
        (reading.temperature, reading.power) = try sensors(device)
    }
}

/// The device files by which an instance of a card in MIG mode is opened, as the driver's `capabilities` folder tells
/// (NVIDIA Multi-Instance GPU User Guide, "Device Nodes and Capabilities").
package struct GPUCapabilities: Hashable, Sendable {
    /// `/proc/driver/nvidia/capabilities`.
    package var folder: String

    /// The capabilities in this folder.
    package init(folder: String) { self.folder = folder }

    /// Those of this machine; `STEWARD_NVIDIA_CAPABILITIES` names another folder.
    package static var system: GPUCapabilities {
        let named = getenv("STEWARD_NVIDIA_CAPABILITIES").map { String(cString: $0) }
        return GPUCapabilities(folder: named ?? "/proc/driver/nvidia/capabilities")
    }

    /// The numbers of `/dev/nvidia-caps/nvidia-cap<N>` for a GPU instance and its compute instance; those that aren't
    /// told are left out.
    package func minors(card: Int, gpuInstance: Int, computeInstance: Int) -> [Int] {
        let instance = "\(folder)/gpu\(card)/mig/gi\(gpuInstance)"
        return ["\(instance)/access", "\(instance)/ci\(computeInstance)/access"].compactMap(Self.minor)
    }

    /// From `DeviceFileMinor: 21`.
    private static func minor(_ path: String) -> Int? {
        guard let file = fopen(path, "re") else { return nil }
        defer { fclose(file) }
        var line = [CChar](repeating: 0, count: 256)
        while fgets(&line, Int32(line.count), file) != nil {
            let bytes = line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
            let parts = String(decoding: bytes, as: UTF8.self).split(separator: ":", maxSplits: 1)
            guard parts.count == 2, parts[0] == "DeviceFileMinor" else { continue }
            return Int(parts[1].filter { !$0.isWhitespace })
        }
        return nil
    }
}
