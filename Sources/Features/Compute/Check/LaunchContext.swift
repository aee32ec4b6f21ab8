/// What findings need to be told in the words of the source: arrays, lines, threads.
package final class LaunchContext {
    package let shape: LaunchShape
    package private(set) var regions: [MemoryRegion]
    package let sites: SiteTable
    /// The kernel's definition.
    package let kernel: LineTable.Place
    private let lines: [String]
    private let file: String

    package init(
        shape: LaunchShape, regions: [MemoryRegion], sites: SiteTable, kernel: LineTable.Place, source: String
    ) {
        (self.shape, self.regions, self.sites, self.kernel) = (shape, regions, sites, kernel)
        lines = source.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        file = kernel.file
    }

    /// Regions are known late: shared memory is the running thread's.
    func add(_ region: MemoryRegion) { regions.append(region) }

    func place(site: Int) -> Finding.Place { place(sites.places[site]) }

    func place(_ place: LineTable.Place) -> Finding.Place {
        let isOurs = place.file == file && place.line >= 1 && place.line <= lines.count
        let text = isOurs ? lines[place.line - 1] : ""
        let trimmed = text.drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed()
        return Finding.Place(file: place.file, line: place.line, text: String(trimmed))
    }

    func place(line: Int) -> Finding.Place { place(LineTable.Place(file: file, line: line)) }

    func thread(_ block: Int, _ thread: Int) -> Finding.Thread {
        Finding.Thread(block: shape.grid.place(block), thread: shape.block.place(thread))
    }

    /// The number of the cell that an access begins in; towards minus infinity.
    func index(_ access: MemoryAccess) -> Int {
        let size = regions[access.region].cellSize(access.size)
        return access.offset >= 0 ? access.offset / size : -((-access.offset + size - 1) / size)
    }

    /// `tile[4]`.
    func cell(_ access: MemoryAccess) -> String { "\(regions[access.region].name)[\(index(access))]" }
}
