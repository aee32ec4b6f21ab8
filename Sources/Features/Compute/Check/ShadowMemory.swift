/// Who touched a cell: 16 bytes.
struct Touch {
    /// Linear; -1: nobody.
    var block: Int32 = -1
    /// The barriers that the thread had passed.
    var epoch: UInt32 = 0
    /// The thread's own clock among the lanes of its warp.
    var clock: UInt32 = 0
    var thread: UInt16 = 0
    /// The site, and whether the access was atomic in the highest bit.
    var mark: UInt16 = 0

    var isNobody: Bool { block < 0 }
    var site: Int { Int(mark & 0x7FFF) }
    var isAtomic: Bool { mark & 0x8000 != 0 }
}

/// The last write and two reads of a cell: any writer finds a reader that isn't itself, where there is one.
struct ShadowCell {
    var write = Touch()
    var firstRead = Touch()
    var otherRead = Touch()
}

/// The bytes that all shadows together may still take.
final class ShadowBudget {
    private(set) var remaining: Int
    private(set) var isExhausted = false

    init(_ bytes: Int) { remaining = bytes }

    func take(_ bytes: Int) -> Bool {
        guard bytes <= remaining else {
            isExhausted = true
            return false
        }
        remaining -= bytes
        return true
    }

    func give(_ bytes: Int) { remaining += bytes }
}

/// What is known of each cell of one region. Memory is taken by the page, for cells that were touched.
///
/// A cell is as wide as the narrowest access so far: when a narrower or crooked one comes, cells are split.
final class ShadowMemory {
    private(set) var granule: Int
    private var pages: [UnsafeMutablePointer<ShadowCell>?]
    private let byteCount: Int
    private let budget: ShadowBudget

    static let pageCells = 512
    static let pageBytes = pageCells * MemoryLayout<ShadowCell>.stride

    init(byteCount: Int, granule: Int, budget: ShadowBudget) {
        self.byteCount = byteCount
        self.granule = granule
        self.budget = budget
        pages = Array(repeating: nil, count: Self.pageCount(byteCount, granule))
    }

    deinit { for page in pages { page?.deallocate() } }

    private static func pageCount(_ byteCount: Int, _ granule: Int) -> Int {
        (byteCount + granule * pageCells - 1) / (granule * pageCells)
    }

    /// Calls `body` with each cell that the bytes lie in (they are within the region); not for cells beyond the budget.
    func withCells(_ offset: Int, _ size: Int, _ body: (UnsafeMutablePointer<ShadowCell>, Int) -> Void) {
        narrow(offset, size)
        var cell = offset / granule
        let end = (offset + size + granule - 1) / granule
        while cell < end {
            if let page = page(cell / Self.pageCells) { body(page + cell % Self.pageCells, cell) }
            cell += 1
        }
    }

    /// The cell at this offset, where it was ever touched.
    func cell(at offset: Int) -> ShadowCell? {
        let index = offset / granule
        return pages[index / Self.pageCells].map { $0[index % Self.pageCells] }
    }

    /// Calls `body` with every range of bytes (pages) that was touched.
    func isTouched(page: Int) -> Bool { pages[page] != nil }

    /// Bytes of the region that a page stands for.
    var pageSpan: Int { Self.pageCells * granule }

    private func page(_ index: Int) -> UnsafeMutablePointer<ShadowCell>? {
        if let page = pages[index] { return page }
        guard budget.take(Self.pageBytes) else { return nil }
        let page = UnsafeMutablePointer<ShadowCell>.allocate(capacity: Self.pageCells)
        page.initialize(repeating: ShadowCell(), count: Self.pageCells)
        pages[index] = page
        return page
    }

    /// Makes the granule a divisor of the offset and the size.
    private func narrow(_ offset: Int, _ size: Int) {
        guard offset % granule != 0 || size % granule != 0 else { return }
        let target = Self.divisor(Self.divisor(granule, offset), size)
        let factor = granule / target
        let old = pages
        granule = target
        pages = Array(repeating: nil, count: Self.pageCount(byteCount, granule))
        for (index, oldPage) in old.enumerated() {
            guard let oldPage else { continue }
            for place in 0..<Self.pageCells * factor where index * Self.pageCells * factor + place < byteCount / granule
            {
                let cell = index * Self.pageCells * factor + place
                page(cell / Self.pageCells)?[cell % Self.pageCells] = oldPage[place / factor]
            }
            oldPage.deallocate()
            budget.give(Self.pageBytes)
        }
    }

    private static func divisor(_ a: Int, _ b: Int) -> Int { b == 0 ? a : divisor(b, a % b) }
}
