import CCompute
import Glibc

/// The recorder of the launch that runs: the object's callbacks have no context of their own.
nonisolated(unsafe) private var active: Unmanaged<LaunchRecorder>?
/// The program's own barrier and warp operation, which the recorder's stand before.
nonisolated(unsafe) private var barrier: (@convention(c) (Int32, Int32, Int32) -> Int32)?
nonisolated(unsafe) private var warp: (@convention(c) (Int32, UInt32, UInt64, Int32, Int32, Int32) -> UInt64)?
nonisolated(unsafe) private var fault: (@convention(c) (UnsafePointer<CChar>?, Int32) -> Void)?

/// Turns what a compiled object reports into events of an ``AccessSink``.
///
/// A launch may end in the middle of a callback, whose frames are then never returned from: nothing here holds a lock or
/// an access to a variable while the object's code runs.
final class LaunchRecorder {
    private let launch: InstrumentedLaunch
    private let sink: any AccessSink
    private var map: MemoryMap
    private let dynamicRegion: Int?
    /// An instruction, and where the function that it is part of was called.
    private struct Code: Hashable {
        var address: UInt64
        var caller: UInt64
    }

    private var sites: [Code: Int] = [:]
    /// Addresses of CUDA's own functions, whose lines aren't the source's.
    private var foreign: [UInt64: Bool] = [:]
    private var caller: UInt64 = 0
    private var block = 0
    /// What each thread does that waits in its warp: a barrier, or another operation.
    private var isWarpBarrier: [Bool]
    private var hasDynamic = false
    private(set) var isStopped = false
    private(set) var isTimeUp = false
    private var untilLook = 1 << 14
    private let deadline: Double

    init(_ launch: InstrumentedLaunch, sink: any AccessSink, map: MemoryMap, dynamicRegion: Int?, seconds: Double) {
        (self.launch, self.sink, self.map, self.dynamicRegion) = (launch, sink, map, dynamicRegion)
        isWarpBarrier = Array(repeating: false, count: launch.shape.block.count)
        deadline = Self.now() + seconds
    }

    private static func now() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    func run(_ kernel: CPUKernel, _ shape: LaunchShape, _ arguments: ArgumentList) -> InstrumentedLaunch.Outcome {
        let host = kernel.program.module.pointee.host!
        (barrier, warp, fault) = (host.pointee.barrier, host.pointee.warp, host.pointee.fault)
        let unmanaged = Unmanaged.passUnretained(self)
        active = unmanaged
        host.pointee.access = onAccess
        host.pointee.function = onFunction
        host.pointee.barrier = onBarrier
        host.pointee.warp = onWarp
        defer {
            active = nil
            (host.pointee.access, host.pointee.function) = (nil, nil)
            (host.pointee.barrier, host.pointee.warp) = (barrier, warp)
        }
        var watch = steward_watch()
        watch.block_begins = { _, block in active?._withUnsafeGuaranteedRef { $0.begin(block!) } }
        watch.barrier = { _, _ in active?._withUnsafeGuaranteedRef { $0.released() } }
        watch.warp = { _, warp, mask, _ in active?._withUnsafeGuaranteedRef { $0.met(Int(warp), mask) } }
        do throws(ComputeError) {
            try CPULaunch(kernel, shape, arguments).run(watch: &watch)
            return .finished
        } catch {
            return isTimeUp ? .timeUp : isStopped ? .stopped : .failed(error)
        }
    }

    fileprivate func begin(_ place: UnsafePointer<UInt32>) {
        let grid = launch.shape.grid
        block = Int(place[0]) + grid.x * (Int(place[1]) + grid.y * Int(place[2]))
        if let dynamicRegion, !hasDynamic, let start = launch.dynamicShared() {
            let address = UInt64(UInt(bitPattern: start))
            map.add(
                .init(
                    range: address..<address + UInt64(launch.shape.shared), region: dynamicRegion, margin: 1 << 16,
                    isPadded: false))
            hasDynamic = true
        }
        sink.begin(block: block)
    }

    /// Whether the launch must end instead.
    fileprivate func access(_ pointer: UnsafeRawPointer?, _ size: Int, _ kind: Int32, _ code: UInt64) -> Bool {
        let thread = Int(steward_running_thread())
        guard thread >= 0, !isStopped else { return isStopped }
        if kind & 4 != 0 {
            sink.fence(block: block, thread: thread)
            return false
        }
        if size == 0 { return false }
        if isLate() { return true }
        guard steward_on_fiber_stack(pointer) == 0 else { return false }
        let address = UInt64(UInt(bitPattern: pointer))
        let place = map.place(address, size)
        if place == .ignored { return false }
        var access = MemoryAccess(
            block: block, thread: thread, region: -1, offset: 0, size: size,
            kind: AccessKind(rawValue: UInt8(truncatingIfNeeded: kind & 11)), site: site(code))
        guard case .region(let region, let offset, let mayHappen) = place else {
            sink.wild(access, address: address)
            isStopped = true
            return true
        }
        (access.region, access.offset) = (region, offset)
        sink.access(access)
        isStopped = !mayHappen
        return isStopped
    }

    private func isLate() -> Bool {
        untilLook -= 1
        guard untilLook <= 0 else { return false }
        untilLook = 1 << 14
        isTimeUp = Self.now() > deadline
        isStopped = isTimeUp
        return isTimeUp
    }

    private func site(_ code: UInt64) -> Int {
        let isForeign: Bool
        if let known = foreign[code] {
            isForeign = known
        } else {
            isForeign = launch.place(code: code).file != launch.source.file
            foreign[code] = isForeign
        }
        let key = Code(address: code, caller: isForeign ? caller : 0)
        if let known = sites[key] { return known }
        let site = launch.context.sites.add(launch.place(code: isForeign ? caller : code))
        sites[key] = site
        return site
    }

    fileprivate func entered(from code: UInt64) { caller = code }

    fileprivate func arrives(_ line: Int32) {
        sink.arrives(block: block, thread: Int(steward_running_thread()), line: Int(line))
    }

    fileprivate func released() { sink.barrier(block: block) }

    fileprivate func arrivesAtWarp(_ operation: Int32) {
        let thread = Int(steward_running_thread())
        guard isWarpBarrier.indices.contains(thread) else { return }
        isWarpBarrier[thread] = operation == Int32(steward_warp_sync.rawValue)
    }

    fileprivate func met(_ warp: Int, _ mask: UInt32) {
        let first = warp * 32 + mask.trailingZeroBitCount
        guard isWarpBarrier.indices.contains(first), isWarpBarrier[first] else { return }
        sink.warpBarrier(block: block, warp: warp, mask: mask)
    }
}

private let onAccess: @convention(c) (UnsafeRawPointer?, UInt64, Int32, UnsafeRawPointer?) -> Void = {
    address, size, kind, code in
    guard let recorder = active else { return }
    let mustEnd = recorder._withUnsafeGuaranteedRef {
        $0.access(address, Int(min(size, UInt64(MemoryAccess.mostBytes))), kind, UInt64(UInt(bitPattern: code)))
    }
    if mustEnd { fault?("an access that must not happen", 0) }
}

private let onFunction: @convention(c) (Int32, UnsafeRawPointer?) -> Void = { isEntry, code in
    guard isEntry == 1 else { return }
    active?._withUnsafeGuaranteedRef { $0.entered(from: UInt64(UInt(bitPattern: code))) }
}

private let onBarrier: @convention(c) (Int32, Int32, Int32) -> Int32 = { vote, predicate, line in
    active?._withUnsafeGuaranteedRef { $0.arrives(line) }
    return barrier!(vote, predicate, line)
}

private let onWarp: @convention(c) (Int32, UInt32, UInt64, Int32, Int32, Int32) -> UInt64 = {
    operation, mask, value, operand, width, line in
    active?._withUnsafeGuaranteedRef { $0.arrivesAtWarp(operation) }
    return warp!(operation, mask, value, operand, width, line)
}
