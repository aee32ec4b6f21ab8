/// What a child process of `steward` computes.
package enum ComputeTask: String, CaseIterable, Sendable {
    /// Looks for devices and measures them.
    case devices
    /// Launches a kernel and times it.
    case run
    /// Launches a kernel under the detectors.
    case check
    /// Launches a kernel and says who does which cell.
    case explain
    /// Trains a network.
    case train
    /// Writes text with a trained network.
    case sample
}

/// What bounds a child.
package struct ComputeLimits: Hashable, Sendable {
    /// Seconds until the kernel must have been compiled.
    package var start = 120.0
    /// Seconds for what runs then.
    package var run = 10.0
    /// Seconds that it gets to end by itself, after SIGTERM, before it is killed.
    package var grace = 0.0
    /// What a check that ends by itself at its deadline gets on top, to tell what it found.
    package static let report = 5.0
    /// Bytes of memory, GPUs' not counted; nil: this machine's.
    package var memory: Int?
    /// Bytes of what is printed that are kept.
    package var printed = 1 << 20

    /// The limits of a command.
    package init() {}
}

/// A message from the child: a word and a JSON document, one line each.
package struct ComputeMessage: Hashable, Sendable {
    /// What it tells: `running`, `progress`, `result`, `problem`.
    package var name: String
    /// The document.
    package var json: [UInt8]

    /// A message.
    package init(name: String, json: [UInt8]) {
        self.name = name
        self.json = json
    }

    /// From a line without its end; nil if it is none.
    init?(line: ArraySlice<UInt8>) {
        guard let blank = line.firstIndex(of: UInt8(ascii: " ")) else { return nil }
        name = String(decoding: line[..<blank], as: UTF8.self)
        json = Array(line[(blank + 1)...])
    }

    /// As it goes over the pipe.
    var line: [UInt8] { Array(name.utf8) + [UInt8(ascii: " ")] + json + [UInt8(ascii: "\n")] }
}
