/// A set of address blocks with a fast membership test.
package struct AddressList: Hashable, Sendable, CustomStringConvertible {
    private struct Span: Hashable, Sendable {
        var first: UInt128
        var last: UInt128
    }

    /// The blocks as they were given.
    package let blocks: [AddressBlock]
    private let v4: [Span]
    private let v6: [Span]

    /// A list of `blocks`.
    package init(_ blocks: [AddressBlock] = []) {
        self.blocks = blocks
        v4 = Self.merge(blocks.filter(\.isV4))
        v6 = Self.merge(blocks.filter { !$0.isV4 })
    }

    private static func merge(_ blocks: [AddressBlock]) -> [Span] {
        var spans: [Span] = []
        for block in blocks.sorted(by: { $0.first < $1.first }) {
            if let last = spans.last, block.first.bits <= last.last {
                spans[spans.count - 1].last = max(last.last, block.last.bits)
            } else {
                spans.append(Span(first: block.first.bits, last: block.last.bits))
            }
        }
        return spans
    }

    /// Whether there is no block.
    package var isEmpty: Bool { blocks.isEmpty }

    /// Whether a block of the address's family holds it; binary search over the merged blocks.
    package func contains(_ address: IPAddress) -> Bool {
        let spans = address.isV4 ? v4 : v6
        var low = 0
        var high = spans.count
        while low < high {
            let middle = (low + high) / 2
            if spans[middle].last < address.bits { low = middle + 1 } else { high = middle }
        }
        return low < spans.count && spans[low].first <= address.bits
    }

    /// The blocks, comma separated.
    package var description: String { blocks.map(\.description).joined(separator: ", ") }
}
