import Glibc

/// A buffer between two zones that nobody may touch: an access beside it is seen, and harms nothing.
final class PaddedMemory {
    /// Bytes of each zone.
    let zone: Int
    let byteCount: Int
    private let block: UnsafeMutableRawPointer

    /// The buffer's first byte, 256-byte aligned as CUDA's are.
    var start: UnsafeMutableRawPointer { block + zone }
    var range: Range<UInt64> {
        let address = UInt64(UInt(bitPattern: start))
        return address..<address + UInt64(byteCount)
    }

    /// Zones as large as the buffer, between 64 KiB and 16 MiB.
    init(byteCount: Int) throws(ComputeError) {
        self.byteCount = byteCount
        zone = min(max(byteCount, 64 << 10), 16 << 20) / 256 * 256
        let size = byteCount + 2 * zone
        let pages = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
        guard let pages, pages != MAP_FAILED else {
            throw ComputeError(
                .outOfMemory, "\(size) bytes of memory could not be had for a check: ask for shorter buffers.")
        }
        block = pages
    }

    deinit { munmap(block, byteCount + 2 * zone) }
}
