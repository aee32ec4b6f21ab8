/// One GPU of this machine as NVML sees it.
package struct GPUCard: Hashable, Sendable {
    /// `GPU-8f3a...`, or `MIG-...` for a slice: what `CUDA_VISIBLE_DEVICES` takes.
    package var uuid: String
    /// Its number in NVML's order (PCI bus), as `nvidia-smi` shows it.
    package var index: Int
    package var name: String
    /// Bytes of memory in all.
    package var memory: Int
    /// Its device file's number: `/dev/nvidia<minor>`.
    package var minor: Int

    /// A card.
    package init(uuid: String, index: Int, name: String, memory: Int, minor: Int) {
        self.uuid = uuid
        self.index = index
        self.name = name
        self.memory = memory
        self.minor = minor
    }

    /// Whether `name` is its uuid or its number.
    package func isCalled(_ name: String) -> Bool { uuid == name || String(index) == name }
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
