/// Which addresses belong to which region while a launch runs.
struct MemoryMap {
    /// Where a region lies.
    struct Span {
        var range: Range<UInt64>
        var region: Int
        /// Bytes before and after in which an access is the region's, out of bounds.
        var margin: UInt64
        /// Whether an access in the margin does no harm: it was set aside for that.
        var isPadded: Bool
    }

    /// What an address is.
    enum Place: Equatable {
        /// In a region or its margin; `mayHappen` tells whether the access does no harm.
        case region(Int, offset: Int, mayHappen: Bool)
        /// The kernel's own business: local variables, constants of the compiler.
        case ignored
        /// Nothing that the kernel may touch.
        case wild
    }

    private var spans: [Span] = []
    private var ignored: [Range<UInt64>] = []

    mutating func add(_ span: Span) {
        let index = spans.firstIndex { $0.range.lowerBound > span.range.lowerBound } ?? spans.count
        spans.insert(span, at: index)
    }

    mutating func ignore(_ range: Range<UInt64>) { ignored.append(range) }

    /// Where an access of `size` bytes goes.
    func place(_ address: UInt64, _ size: Int) -> Place {
        var (low, high) = (0, spans.count)
        while low < high {
            let middle = (low + high) / 2
            if spans[middle].range.lowerBound <= address { low = middle + 1 } else { high = middle }
        }
        if low > 0, spans[low - 1].range.contains(address) {
            return located(spans[low - 1], address, size)
        }
        if ignored.contains(where: { $0.contains(address) }) { return .ignored }
        let near = [low - 1, low].filter(spans.indices.contains).map { spans[$0] }
        let nearest = near.min { distance($0, address) < distance($1, address) }
        guard let nearest, distance(nearest, address) < nearest.margin else { return .wild }
        return located(nearest, address, size)
    }

    private func located(_ span: Span, _ address: UInt64, _ size: Int) -> Place {
        let offset = Int(Int64(bitPattern: address &- span.range.lowerBound))
        let isInside = offset >= 0 && UInt64(offset) + UInt64(size) <= UInt64(span.range.count)
        let isPadded = span.isPadded && offset + size <= span.range.count + Int(span.margin)
        return .region(span.region, offset: offset, mayHappen: isInside || isPadded)
    }

    private func distance(_ span: Span, _ address: UInt64) -> UInt64 {
        address < span.range.lowerBound
            ? span.range.lowerBound - address : address >= span.range.upperBound ? address - span.range.upperBound : 0
    }
}
