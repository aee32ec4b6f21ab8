/// How fast bytes move, over a sliding window of the time in which they could. Time in which the server itself
/// doesn't read, or has nothing to send, doesn't count.
struct Pace {
    /// Where the count stood at a moment of the time that counts.
    private struct Mark {
        let at: UInt64
        let bytes: Int
    }

    private let window: UInt64
    private let spacing: UInt64
    private var marks: [Mark]
    /// Nanoseconds that counted so far.
    private var clock: UInt64 = 0
    private var lastLook: UInt64
    private var counted = true
    private var bytes: Int
    private var movedAt: UInt64 = 0

    /// Begins at `now` with a count of `bytes`; `window` is in nanoseconds.
    init(window: UInt64, now: UInt64, bytes: Int) {
        self.window = window
        spacing = window > 32_000_000_000 ? window / 64 : min(window / 16, 500_000_000)
        lastLook = now
        self.bytes = bytes
        marks = [Mark(at: 0, bytes: bytes)]
    }

    /// The count stands at `bytes` now. `counts`: whether it could have risen since the last look.
    mutating func look(_ bytes: Int, now: UInt64, counts: Bool) {
        if counted, counts { clock += now - min(now, lastLook) }
        lastLook = now
        counted = counts
        if bytes > self.bytes { movedAt = clock }
        self.bytes = bytes
        if clock - marks[marks.count - 1].at >= spacing { marks.append(Mark(at: clock, bytes: bytes)) }
        while marks.count > 1, clock - marks[1].at >= window { marks.removeFirst() }
    }

    /// Bytes that moved in the last window; nil before one has passed.
    var recent: Int? { clock - marks[0].at >= window ? bytes - marks[0].bytes : nil }

    /// Whether nothing moved for a whole window.
    var isStalled: Bool { clock - movedAt >= window }
}
