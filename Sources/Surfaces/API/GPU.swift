/// Answer of `GET /_platform/gpus`.
public struct GPUStatus: Codable, Hashable, Sendable {
    /// The cards in NVML's order.
    public var cards: [GPUCardStatus]
    /// Who holds them, in the order of the grants.
    public var leases: [GPULeaseStatus]
    /// Who waits, the next first.
    public var queue: [GPUQueueEntry]
    /// GPU-seconds that each caller used lately; older ones count less.
    public var usage: [String: Double]
    /// The driver's version.
    public var driver: String?
    /// Why no GPU can be handed out.
    public var absence: String?
    /// When the cards were looked at, RFC 3339.
    public var looked: String?
    /// What else is to be known of this machine's GPUs, a sentence each.
    public var notes: [String]?

    /// All of it.
    public init(
        cards: [GPUCardStatus], leases: [GPULeaseStatus], queue: [GPUQueueEntry], usage: [String: Double],
        driver: String?, absence: String?, looked: String?, notes: [String]? = nil
    ) {
        self.cards = cards
        self.leases = leases
        self.queue = queue
        self.usage = usage
        self.driver = driver
        self.absence = absence
        self.looked = looked
        self.notes = notes
    }
}

/// One card.
public struct GPUCardStatus: Codable, Hashable, Sendable {
    /// Its number, as `nvidia-smi` shows it.
    public var index: Int
    /// Of an instance of a card in MIG mode: its number on the card that `index` says.
    public var part: Int?
    /// What `CUDA_VISIBLE_DEVICES` takes.
    public var uuid: String
    /// `NVIDIA H100 80GB HBM3`.
    public var name: String
    /// `free`, `held`, `shared`, `drained`, `foreign`, `lost`, `unseen`.
    public var state: String
    /// Why nothing new comes onto it, in words.
    public var reason: String?
    /// Bytes.
    public var memory: Int
    /// Bytes in use.
    public var memoryUsed: Int?
    /// Bytes that shares reserved.
    public var memoryReserved: Int
    /// Percent of the time in which a kernel ran.
    public var utilisation: Int?
    /// Degrees Celsius.
    public var temperature: Int?
    /// Watts.
    public var power: Double?
    /// The leases on it, by id.
    public var leases: [String]

    /// `0`, or `0:1` for an instance; `?` where it isn't known yet.
    public var number: String { index < 0 ? "?" : part.map { "\(index):\($0)" } ?? "\(index)" }

    /// A card.
    public init(
        index: Int, part: Int?, uuid: String, name: String, state: String, reason: String?, memory: Int,
        memoryUsed: Int?, memoryReserved: Int, utilisation: Int?, temperature: Int?, power: Double?, leases: [String]
    ) {
        self.index = index
        self.part = part
        self.uuid = uuid
        self.name = name
        self.state = state
        self.reason = reason
        self.memory = memory
        self.memoryUsed = memoryUsed
        self.memoryReserved = memoryReserved
        self.utilisation = utilisation
        self.temperature = temperature
        self.power = power
        self.leases = leases
    }

    enum CodingKeys: String, CodingKey {
        case index, part, uuid, name, state, reason, memory, utilisation, temperature, power, leases
        case memoryUsed = "memory_used"
        case memoryReserved = "memory_reserved"
    }
}

/// One lease.
public struct GPULeaseStatus: Codable, Hashable, Sendable {
    /// Its id; others' ids are cut to eight digits unless an admin asks.
    public var id: String
    /// `granted` until its holder has started, `held`, `ending`.
    public var phase: String
    /// Whose it is.
    public var caller: String
    /// What for; only its caller and admins see it.
    public var purpose: String?
    /// What was asked for, in words.
    public var request: String
    /// The cards, by uuid.
    public var cards: [String]
    /// The process that holds it.
    public var pid: Int32?
    /// When it was granted, RFC 3339.
    public var since: String
    /// Seconds that it has lasted.
    public var seconds: Double
    /// When it ends at the latest, RFC 3339.
    public var until: String?

    /// A lease.
    public init(
        id: String, phase: String, caller: String, purpose: String?, request: String, cards: [String], pid: Int32?,
        since: String, seconds: Double, until: String?
    ) {
        self.id = id
        self.phase = phase
        self.caller = caller
        self.purpose = purpose
        self.request = request
        self.cards = cards
        self.pid = pid
        self.since = since
        self.seconds = seconds
        self.until = until
    }
}

/// Somebody who waits.
public struct GPUQueueEntry: Codable, Hashable, Sendable {
    /// The ticket's id; others' ids are cut to eight digits unless an admin asks.
    public var id: String
    /// 1 is the next.
    public var position: Int
    /// Whose it is.
    public var caller: String
    /// What for; only its caller and admins see it.
    public var purpose: String?
    /// What is asked for, in words.
    public var request: String
    /// Seconds waited so far.
    public var waited: Double
    /// Seconds that it may take, as far as leases of late tell.
    public var expected: Double?
    /// Why it waits.
    public var reason: String

    /// An entry.
    public init(
        id: String, position: Int, caller: String, purpose: String?, request: String, waited: Double,
        expected: Double?, reason: String
    ) {
        self.id = id
        self.position = position
        self.caller = caller
        self.purpose = purpose
        self.request = request
        self.waited = waited
        self.expected = expected
        self.reason = reason
    }
}
