/// A process, told from a later one with the same number by when it started.
package struct GPUProcess: Hashable, Sendable, Codable {
    package var pid: Int32
    /// Field 22 of /proc/PID/stat: clock ticks since boot (proc_pid_stat(5)).
    package var started: UInt64

    /// The process `pid` that began at `started`.
    package init(pid: Int32, started: UInt64) {
        self.pid = pid
        self.started = started
    }
}

/// The exclusive hold of one or more cards, or of a part of one card's memory, by one process tree.
package struct GPULease: Hashable, Sendable, Codable, Identifiable {
    /// The ticket's id.
    package var id: String { ticket.id }
    package var ticket: GPUTicket
    /// The cards, by uuid.
    package var cards: [String]
    /// The device files that the holder needs beside those that every CUDA program opens: `/dev/nvidia0`.
    package var devices: [String]
    /// Seconds since 1970 when it was granted.
    package var granted: Double
    /// The root of the process tree that holds it; nil until that process has started.
    package var holder: GPUProcess?

    /// A lease.
    package init(
        ticket: GPUTicket, cards: [String], devices: [String] = [], granted: Double, holder: GPUProcess? = nil
    ) {
        self.ticket = ticket
        self.cards = cards
        self.devices = devices
        self.granted = granted
        self.holder = holder
    }

    /// The variable by which a process of the tree is known, wherever it went.
    package static let marker = "STEWARD_GPU_LEASE"

    /// Device files that every CUDA program opens, whichever card it uses.
    package static let commonDevices = ["/dev/nvidiactl", "/dev/nvidia-uvm", "/dev/nvidia-uvm-tools"]

    /// What the holder's environment gets: `CUDA_VISIBLE_DEVICES` by uuid, `NVIDIA_VISIBLE_DEVICES` for containers, the
    /// lease's id, and for a part of a card how many bytes it may use.
    package var environment: [String: String] {
        let list = cards.joined(separator: ",")
        var variables = [
            "CUDA_VISIBLE_DEVICES": list, "NVIDIA_VISIBLE_DEVICES": list, "CUDA_DEVICE_ORDER": "PCI_BUS_ID",
            Self.marker: id,
        ]
        if ticket.request.shareable, let memory = ticket.request.memory {
            variables["STEWARD_GPU_MEMORY"] = "\(memory)"
        }
        return variables
    }
}
