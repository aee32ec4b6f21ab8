import CLinux
import Dispatch
import Foundation
import Glibc
import StewardAccess
import StewardCompute
import StewardGPU
import StewardSandbox
import StewardSettings

/// Whether the GPUs that settings and scripts ask for are there, and whether scripts can use them.
enum GPUCheck {
    /// A driver that hangs holds nobody up for longer than so many seconds.
    private static let patience = 10.0

    /// The findings; none where nothing asks for GPUs.
    static func findings(_ settings: ServerSettings, trees: [ScriptTree], cards: [PythonProbe.Cards]) -> [CheckFinding]
    {
        let scripts = Dictionary(cards.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        var wishes: [GPUFacts.Wish] = []
        var complaints: [(place: String, sentence: String)] = []
        for (zone, tree) in zip(settings.zones, trees) {
            let asked = tree.scripts.compactMap { scripts[$0] }
            wishes += [wish(of: zone)].compactMap(\.self) + asked.compactMap { wish(of: $0, zone.prefix.text) }
            complaints += asked.compactMap { script in script.complaint.map { (script.place, $0) } }
        }
        var unset = GPUSettings()
        unset.nvml = settings.gpu.nvml
        guard !wishes.isEmpty || !complaints.isEmpty || settings.gpu != unset else { return [] }
        var facts = GPUFacts(
            settings: settings.gpu, wishes: wishes, complaints: complaints, callers: callers(settings),
            hasUser: { getpwnam($0) != nil }, nvml: .absent(reason: "", remedy: nil),
            cuda: .absent(reason: "", remedy: nil))
        if settings.gpu.enabled != .off {
            facts.nvml = nvml(settings.gpu.nvml)
            facts.cuda = cuda()
            if case .found(let sight) = facts.nvml {
                facts.closedNodes = closedNodes(settings, wishes, sight.looks.map(\.card))
            }
        }
        return facts.findings
    }

    private static func wish(of zone: ZoneSettings) -> GPUFacts.Wish? {
        guard zone.scripts.gpu > 0 else { return nil }
        let request = GPURequest(
            count: zone.scripts.gpu, memory: zone.scripts.gpuMemory, shareable: zone.scripts.gpuShare)
        return GPUFacts.Wish(place: zone.prefix.text, zone: zone.prefix.text, request: request)
    }

    private static func wish(of script: PythonProbe.Cards, _ zone: String) -> GPUFacts.Wish? {
        guard let gpu = script.gpu, gpu.count > 0 else { return nil }
        let request = GPURequest(count: gpu.count, memory: gpu.memory, shareable: gpu.share)
        return GPUFacts.Wish(place: script.place, zone: zone, request: request, isScript: true)
    }

    private static func callers(_ settings: ServerSettings) -> Set<String> {
        let own = (try? settings.accessKeys()) ?? []
        let stored = (try? AccessCheck.storedKeys(StateFolder(settings.state))) ?? []
        return Set((own + stored).map(\.name)).union(["local", "anonymous"])
    }

    // MARK: NVIDIA's libraries

    private static func nvml(_ path: String?) -> GPUFacts.Answer<GPUFacts.Sight> {
        let silence = GPUFacts.Answer<GPUFacts.Sight>.absent(
            reason: "NVIDIA's management library does not answer within \(Int(patience)) s.",
            remedy: "See whether 'nvidia-smi' hangs too; a driver that does needs a reboot.")
        return within(patience) {
            do throws(NVMLAbsence) {
                let nvml = try NVML(path: path)
                let looks = nvml.look()
                return .found(GPUFacts.Sight(looks: looks, driver: nvml.driver, unparted: nvml.unpartedCards))
            } catch {
                return .absent(reason: error.reason.asSentence, remedy: error.remedy.asSentence)
            }
        } ?? silence
    }

    private static func cuda() -> GPUFacts.Answer<Int> {
        within(patience) {
            let (devices, absences) = Device.survey()
            let count = devices.count { $0.info.kind == .cuda }
            guard count == 0, let absence = absences.first else { return .found(count) }
            return .absent(reason: absence.sentence, remedy: nil)
        }
            ?? .absent(
                reason: "CUDA's driver does not answer within \(Int(patience)) s.",
                remedy: "See whether 'nvidia-smi' hangs too; a driver that does needs a reboot.")
    }

    /// What `body` gives on a thread of its own; nil if that takes longer.
    private static func within<Value>(_ seconds: Double, _ body: @escaping @Sendable () -> Value) -> Value? {
        let box = Box<Value>()
        let done = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
            box.value = body()
            done.signal()
        }
        guard done.wait(timeout: .now() + seconds) == .success else { return nil }
        return box.value
    }

    /// Written before the semaphore is signalled, read after.
    private final class Box<Value>: @unchecked Sendable {
        var value: Value?
    }

    // MARK: Device files

    /// What of the cards' device files the zones that ask can't open; `folder` is where device files are.
    static func closedNodes(
        _ settings: ServerSettings, _ wishes: [GPUFacts.Wish], _ cards: [GPUCard], folder: String = "/dev"
    ) -> [GPUFacts.ClosedNode] {
        // WSL has one device file for all, which everybody may open.
        guard access("\(folder)/dxg", F_OK) != 0 else { return [] }
        let identities = ZoneIdentities.current
        let numbers = identities.numbers(for: settings.zones.map(\.prefix.text))
        let own = cards.filter { $0.minor >= 0 }.flatMap(\.devices).map { String($0.dropFirst("/dev/".count)) }
        let paths = ["nvidiactl", "nvidia-uvm"] + own.enumerated().filter { !own[..<$0].contains($1) }.map(\.element)
        let asking = Set(wishes.map(\.zone))
        return settings.zones.filter { asking.contains($0.prefix.text) }.flatMap { zone in
            let prefix = zone.prefix.text
            let identity: SandboxPolicy.Identity? =
                settings.isolation == .off
                ? nil
                : (try? IsolationPlan.identity(zone.sandbox.user, number: numbers[prefix], identities)) ?? nil
            return paths.compactMap { closed("\(folder)/\($0)", prefix, identity) }
        }
    }

    private static func closed(
        _ path: String, _ zone: String, _ identity: SandboxPolicy.Identity?
    ) -> GPUFacts.ClosedNode? {
        let user = identity?.user ?? geteuid()
        guard access(path, F_OK) == 0 else {
            return GPUFacts.ClosedNode(zone: zone, path: path, user: user, isMissing: true)
        }
        let isOpen: Bool
        // An instance's capability is a file that is only read.
        let isCapability = path.contains("/nvidia-caps/")
        if let identity {
            isOpen = (isCapability ? [0] : [0, 1]).allSatisfy {
                clinux_try_access(identity.user, identity.group, path, $0) == 0
            }
        } else {
            isOpen = access(path, isCapability ? R_OK : R_OK | W_OK) == 0
        }
        return isOpen ? nil : GPUFacts.ClosedNode(zone: zone, path: path, user: user, isMissing: false)
    }
}
