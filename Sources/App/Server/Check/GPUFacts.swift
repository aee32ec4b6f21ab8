import StewardGPU
import StewardSettings

/// What `steward check` knows of GPUs: who asks for them, and what this machine has.
struct GPUFacts {
    /// A zone or script that asks for cards.
    struct Wish: Hashable {
        /// The zone's prefix, or the script's file and line.
        var place: String
        /// The zone, by prefix.
        var zone: String
        var request: GPURequest
        var isScript = false
    }

    /// What NVML shows.
    struct Sight {
        var looks: [NVML.Look]
        var driver: String?
        /// Cards in MIG mode without an instance.
        var unparted: [GPUCard] = []
    }

    /// A device file that a zone's processes can't use.
    struct ClosedNode: Hashable {
        var zone: String
        var path: String
        /// Who they run as.
        var user: UInt32
        var isMissing: Bool
    }

    /// Something that could not be asked.
    enum Answer<Value> {
        case found(Value)
        /// Why not, and what to do.
        case absent(reason: String, remedy: String?)
    }

    var settings: GPUSettings
    var wishes: [Wish] = []
    /// Scripts whose `gpu` can't be understood: file and line, and the complaint.
    var complaints: [(place: String, sentence: String)] = []
    /// Names that a caller can have, `local:USER` not among them.
    var callers: Set<String> = []
    /// Whether the user of `local:USER` exists.
    var hasUser: (String) -> Bool = { _ in true }
    var nvml: Answer<Sight>
    /// How many devices CUDA's driver shows.
    var cuda: Answer<Int>
    var closedNodes: [ClosedNode] = []
}

extension GPUFacts {
    /// One finding for each thing that is so.
    var findings: [CheckFinding] {
        let told = complaints.map { complaint in
            CheckFinding(
                .error, "gpu", at: complaint.place, complaint.sentence.asSentence,
                remedy: "Until it is mended, calls of it get 500.")
        }
        guard settings.enabled != .off else { return told + off + strangers }
        return told + cards + driver + impossible + nodes + strangers
    }

    private var off: [CheckFinding] {
        wishes.map { wish in
            CheckFinding(
                .error, "gpu", at: wish.place,
                "It asks for \(wish.request), and GPUs are not handed out (gpu.enabled: off): its calls get 503.",
                remedy: "Remove 'gpu.enabled: off', or set it to auto.")
        }
    }

    /// Whether somebody gets nothing without cards.
    private var isNeeded: Bool { !wishes.isEmpty || settings.enabled == .on }

    private var cards: [CheckFinding] {
        switch nvml {
        case .absent(let reason, let remedy):
            return [CheckFinding(isNeeded ? .error : .note, "gpu", at: "NVML", reason, remedy: remedy)]
        case .found(let sight):
            let lost = sight.looks.filter { $0.loss != nil }
            let usable = sight.looks.filter { $0.loss == nil }.map(\.card)
            let driver = sight.driver.map { ", driver \($0)" } ?? ""
            let empty = sight.unparted.map { card in
                CheckFinding(
                    isNeeded ? .error : .warning, "gpu", at: "GPU \(card.index)",
                    "\(card.uuid) is in MIG mode and has no instance, so nothing can run on it.",
                    remedy:
                        "Run 'nvidia-smi mig -i \(card.index) -cgi PROFILE -C' as root ('-lgip' lists the profiles), or end the mode: 'nvidia-smi -i \(card.index) -mig 0'."
                )
            }
            let shared = GPUCard.sharedMemory(among: usable).map { CheckFinding(.warning, "gpu", at: "NVML", $0) }
            let mute = usable.filter { $0.part.map { $0.capabilities.count < 2 } ?? false }.map { card in
                CheckFinding(
                    .warning, "gpu", at: "GPU \(card.number)",
                    "The driver doesn't tell the device files of this instance in \(GPUCapabilities.system.folder): a confined script can't open it.",
                    remedy: "See whether the folder is there: it is the driver's, and a container has to be given it.")
            }
            if sight.looks.isEmpty, !empty.isEmpty { return empty }
            guard !sight.looks.isEmpty else {
                return [
                    CheckFinding(
                        isNeeded ? .error : .note, "gpu", at: "NVML", "It answers and shows no GPU\(driver).",
                        remedy:
                            "See 'lspci | grep -i nvidia' and 'dmesg | grep -i nvrm'; a container needs '--gpus all'.")
                ]
            }
            let count = usable.count == 1 ? "1 GPU" : "\(usable.count) GPUs"
            let names = Dictionary(grouping: usable) { "\($0.name) with \(GPUSize.text($0.memory))" }
                .sorted { $0.key < $1.key }.map { "\($0.value.count) x \($0.key)" }.joined(separator: ", ")
            let kinds = usable.isEmpty ? "" : ": \(names)"
            return [CheckFinding(usable.isEmpty ? .error : .ok, "gpu", at: "NVML", "\(count)\(driver)\(kinds).")]
                + empty + shared + mute
                + lost.map { look in
                    CheckFinding(
                        .error, "gpu", at: "GPU \(look.card.number)",
                        "\(look.card.uuid) fell off the bus: \(look.loss ?? "").",
                        remedy: "See 'dmesg | grep -i xid'; it comes back with a reset or a reboot.")
                }
        }
    }

    private var driver: [CheckFinding] {
        switch cuda {
        case .found(let count):
            [
                CheckFinding(
                    .ok, "gpu", at: "CUDA",
                    "The driver answers and shows \(count) \(count == 1 ? "device" : "devices").")
            ]
        case .absent(let reason, let remedy):
            [CheckFinding(isNeeded ? .error : .note, "gpu", at: "CUDA", reason, remedy: remedy)]
        }
    }

    /// What no arrangement of the cards can serve, in the lane's own judgement.
    private var impossible: [CheckFinding] {
        var lane: Lane?
        if case .found(let sight) = nvml, !sight.looks.isEmpty {
            lane = Lane(policy: settings.policy)
            lane?.see(sight.looks.map { Lane.Sighting($0.card, isLost: $0.loss != nil) }, now: 0)
        }
        return wishes.compactMap { wish in
            if wish.request.shareable, wish.request.memory == nil {
                let field = wish.isScript ? #"'"memory": "20GiB"' to `gpu`"# : "'gpu_memory' to the zone"
                return CheckFinding(
                    .error, "gpu", at: wish.place, "A share of a GPU needs the memory that it reserves.",
                    remedy: "Add \(field).")
            }
            if wish.request.shareable, wish.request.count != 1 {
                return CheckFinding(
                    .error, "gpu", at: wish.place,
                    "A share is of one GPU, and it asks for shares of \(wish.request.count).",
                    remedy: "Ask for one, or for whole GPUs: without \(wish.isScript ? "`share`" : "'gpu_share'").")
            }
            guard let sentence = lane?.impossibility(of: wish.request) else { return nil }
            return CheckFinding(
                .error, "gpu", at: wish.place, "\(sentence) Its calls get 503.",
                remedy: wish.isScript
                    ? "Ask for less in `gpu` of the script."
                    : "Lower 'gpu' or 'gpu_memory' of the zone.")
        }
    }

    private var nodes: [CheckFinding] {
        var missing: [String] = []
        for node in closedNodes where node.isMissing && !missing.contains(node.path) { missing.append(node.path) }
        let absent = CheckFinding(
            .error, "gpu", at: missing.joined(separator: ", "), "There is no such device file, and CUDA fails without.",
            remedy:
                "Run 'nvidia-modprobe -u -c=0' as root at each start of the machine, or let nvidia-persistenced run.")
        let closed = closedNodes.filter { !$0.isMissing }.map { node in
            CheckFinding(
                .error, "gpu", at: node.zone,
                "Its scripts run as user \(node.user), who can't open \(node.path) for reading and writing.",
                remedy:
                    "Run 'setfacl -m u:\(node.user):rw \(node.path)', or set 'user' of the zone to one of the device's group."
            )
        }
        return (missing.isEmpty ? [] : [absent]) + closed
    }

    /// Shares of callers that can never come.
    private var strangers: [CheckFinding] {
        settings.shares.compactMap { share in
            let name = share.caller
            let local = "local:"
            if name.hasPrefix(local) {
                let user = String(name.dropFirst(local.utf8.count))
                guard !hasUser(user) else { return nil }
                return CheckFinding(
                    .warning, "gpu", at: "gpu.shares", "There is no user '\(user)' on this machine.",
                    remedy: "Correct or remove '\(name)'.")
            }
            guard !callers.contains(name) else { return nil }
            let near = Spelling.nearest(to: name, among: callers.sorted()).map { "Did you mean '\($0)'? " } ?? ""
            return CheckFinding(
                .warning, "gpu", at: "gpu.shares", "No key is called '\(name)'.",
                remedy: "\(near)Callers are the names of keys ('steward key list') and local:USER.")
        }
    }
}
