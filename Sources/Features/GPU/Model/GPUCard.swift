/// One GPU of this machine as NVML sees it: a card, or an instance of a card in MIG mode.
package struct GPUCard: Hashable, Sendable {
    /// `GPU-8f3a...`, or `MIG-...` for an instance: what `CUDA_VISIBLE_DEVICES` takes.
    package var uuid: String
    /// The card's number in NVML's order (PCI bus), as `nvidia-smi` shows it.
    package var index: Int
    package var name: String
    /// Bytes of memory in all.
    package var memory: Int
    /// The card's device file's number: `/dev/nvidia<minor>`.
    package var minor: Int
    /// Which instance it is; nil for a whole card.
    package var part: GPUPart?

    /// A card.
    package init(uuid: String, index: Int, name: String, memory: Int, minor: Int, part: GPUPart? = nil) {
        self.uuid = uuid
        self.index = index
        self.name = name
        self.memory = memory
        self.minor = minor
        self.part = part
    }

    /// `0`, or `0:1` for an instance, as NVIDIA's tools number them.
    package var number: String { part.map { "\(index):\($0.number)" } ?? "\(index)" }

    /// Whether `name` is its uuid or its number.
    package func isCalled(_ name: String) -> Bool { uuid == name || number == name }

    /// The device files that are its own.
    package var devices: [String] {
        ["/dev/nvidia\(minor)"] + (part?.capabilities ?? []).map { "/dev/nvidia-caps/nvidia-cap\($0)" }
    }

    /// What to do with a card in MIG mode that nobody has made an instance of.
    package var unpartedSentence: String {
        "GPU \(index) (\(uuid)) is in MIG mode and has no instance, so nothing can run on it: make one with "
            + "'nvidia-smi mig -i \(index) -cgi PROFILE -C' ('-lgip' lists the profiles), or end the mode with "
            + "'nvidia-smi -i \(index) -mig 0'."
    }

    /// Compute instances that share one GPU instance's memory, which the lane counts for each of them: a sentence for each
    /// such group.
    package static func sharedMemory(among cards: [GPUCard]) -> [String] {
        let groups = Dictionary(grouping: cards.filter { $0.part != nil }) {
            [$0.part!.card, "\($0.part!.gpuInstance)"]
        }
        return groups.values.filter { $0.count > 1 }.map { group in
            let names = group.sorted { $0.isBefore($1) }.map(\.number)
            return "GPU \(names.joined(separator: ", ")) are compute instances of one GPU instance and share its "
                + "\(GPUSize.text(group[0].memory)) of memory: for memory of their own make a GPU instance for each."
        }.sorted()
    }

    /// The order in which cards are shown.
    package func isBefore(_ other: GPUCard) -> Bool {
        (index, part?.number ?? -1, uuid) < (other.index, other.part?.number ?? -1, other.uuid)
    }
}

/// An instance of a card in MIG mode: memory and multiprocessors of its own.
package struct GPUPart: Hashable, Sendable {
    /// The card's uuid.
    package var card: String
    /// Its number among the card's instances.
    package var number: Int
    /// The GPU instance that it is a compute instance of: those of one share its memory.
    package var gpuInstance: Int
    /// The numbers of its device files in `/dev/nvidia-caps`, two where the driver tells them.
    package var capabilities: [Int]

    /// An instance.
    package init(card: String, number: Int, gpuInstance: Int = 0, capabilities: [Int] = []) {
        self.card = card
        self.number = number
        self.gpuInstance = gpuInstance
        self.capabilities = capabilities
    }
}

/// What a card is doing at one moment.
package struct GPUReading: Hashable, Sendable {
    /// Percent of the last sample period in which a kernel ran, 0...100.
    package var utilisation: Int?
    /// Bytes in use.
    package var memoryUsed: Int?
    /// Degrees Celsius.
    package var temperature: Int?
    /// Watts.
    package var power: Double?
    /// Processes that hold a context on it; nil where that can't be told.
    package var processes: [Int32]?

    /// A reading; what isn't given couldn't be read.
    package init(
        utilisation: Int? = nil, memoryUsed: Int? = nil, temperature: Int? = nil, power: Double? = nil,
        processes: [Int32]? = nil
    ) {
        self.utilisation = utilisation
        self.memoryUsed = memoryUsed
        self.temperature = temperature
        self.power = power
        self.processes = processes
    }
}
