import Glibc

extension LaunchArgument.Number {
    /// The number as a real.
    public var real: Double {
        switch self {
        case .integer(let value): Double(value)
        case .unsigned(let value): Double(value)
        case .real(let value): value
        }
    }

    /// The bits of the number as a cell of this type, or nil where the type can't hold it.
    package func bits(as element: ElementType) -> UInt64? {
        switch element {
        case .float: return UInt64(Float(real).bitPattern)
        case .double: return real.bitPattern
        case .float16: return UInt64(Float16(real).bitPattern)
        case .bfloat16: return UInt64(Float(real).bfloat16Bits)
        case .uint8, .uint16, .uint32, .uint64:
            guard let value = unsignedValue, element.size == 8 || value >> (element.size * 8) == 0 else { return nil }
            return value
        case .int8, .int16, .int32, .int64:
            let unused = 64 - element.size * 8
            guard case .integer(let value) = whole, (value << unused) >> unused == value else { return nil }
            return UInt64(bitPattern: value) & (UInt64.max >> unused)
        }
    }

    /// The cell of this type at an address that need not be aligned.
    package init(_ element: ElementType, at pointer: UnsafeRawPointer) {
        func load<Value: BitwiseCopyable>(_: Value.Type) -> Value { pointer.loadUnaligned(as: Value.self) }
        switch element {
        case .int8: self = .integer(Int64(load(Int8.self)))
        case .uint8: self = .integer(Int64(load(UInt8.self)))
        case .int16: self = .integer(Int64(load(Int16.self)))
        case .uint16: self = .integer(Int64(load(UInt16.self)))
        case .int32: self = .integer(Int64(load(Int32.self)))
        case .uint32: self = .integer(Int64(load(UInt32.self)))
        case .int64: self = .integer(load(Int64.self))
        case .uint64:
            let value = load(UInt64.self)
            self = Int64(exactly: value).map(Self.integer) ?? .unsigned(value)
        case .float16: self = .real(Double(Float16(bitPattern: load(UInt16.self))))
        case .bfloat16: self = .real(Double(Float(bitPattern: UInt32(load(UInt16.self)) << 16)))
        case .float: self = .real(Double(load(Float.self)))
        case .double: self = .real(load(Double.self))
        }
    }

    /// Without a fraction where it has none: `1000.0` is a fine `int`.
    private var whole: Self {
        guard case .real(let value) = self, let exact = Int64(exactly: value) else { return self }
        return .integer(exact)
    }

    private var unsignedValue: UInt64? {
        switch whole {
        case .integer(let value): UInt64(exactly: value)
        case .unsigned(let value): value
        case .real: nil
        }
    }
}

extension Float {
    /// Rounded to nearest, ties to even.
    fileprivate var bfloat16Bits: UInt16 {
        guard !isNaN else { return 0x7FC0 }
        let bits = bitPattern
        return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16)
    }
}

extension LaunchArgument.Cells {
    /// Bytes of all cells, for descriptions that nobody has parsed.
    /// - Throws: ``ComputeError/Code/arguments`` for a length that no memory has.
    func checkedByteCount(_ name: String) throws(ComputeError) -> Int {
        let (bytes, overflow) = count.multipliedReportingOverflow(by: element.size)
        guard count >= 0, !overflow, bytes < 1 << 46 else {
            throw ComputeError(.arguments, "\(name) has \(count) cells: no memory is that long.")
        }
        return bytes
    }

    /// Writes the initial contents over memory of `byteCount` bytes.
    /// - Throws: ``ComputeError/Code/arguments`` for a file that can't be read or is too short.
    package func fill(_ memory: UnsafeMutableRawBufferPointer) throws(ComputeError) {
        precondition(memory.count >= byteCount)
        guard byteCount > 0 else { return }
        switch pattern {
        case .zeros: memset(memory.baseAddress!, 0, byteCount)
        case .uninitialised: memset(memory.baseAddress!, 0xCD, byteCount)
        case .iota: fillCounting(memory)
        case .constant(let number): fill(memory) { _ in number }
        case .values(let numbers): fill(memory) { numbers.isEmpty ? .integer(0) : numbers[$0 % numbers.count] }
        case .random(let seed): fillRandomly(memory, seed: seed)
        case .file(let path, let offset):
            try LaunchArgumentFile(path: path).read(into: memory, byteCount: byteCount, offset: offset)
        }
    }

    private func fill(_ memory: UnsafeMutableRawBufferPointer, _ number: (Int) -> LaunchArgument.Number) {
        for index in 0..<count {
            store(number(index).bits(as: element) ?? 0, at: index, in: memory)
        }
    }

    private func fillCounting(_ memory: UnsafeMutableRawBufferPointer) {
        for index in 0..<count {
            let bits =
                element.isInteger ? UInt64(index) : LaunchArgument.Number.integer(Int64(index)).bits(as: element)!
            store(bits, at: index, in: memory)
        }
    }

    private func fillRandomly(_ memory: UnsafeMutableRawBufferPointer, seed: UInt64) {
        var generator = SplitMix64(state: seed)
        for index in 0..<count {
            let number: LaunchArgument.Number =
                switch element {
                case .float16, .bfloat16, .float, .double: .real(generator.nextReal())
                default: .integer(Int64(generator.next() % UInt64(min(count, element.largest))))
                }
            store(number.bits(as: element) ?? 0, at: index, in: memory)
        }
    }

    private func store(_ bits: UInt64, at index: Int, in memory: UnsafeMutableRawBufferPointer) {
        let place = memory.baseAddress! + index * element.size
        switch element.size {
        case 1: place.storeBytes(of: UInt8(truncatingIfNeeded: bits), as: UInt8.self)
        case 2: place.storeBytes(of: UInt16(truncatingIfNeeded: bits), as: UInt16.self)
        case 4: place.storeBytes(of: UInt32(truncatingIfNeeded: bits), as: UInt32.self)
        default: place.storeBytes(of: bits, as: UInt64.self)
        }
    }
}

extension ElementType {
    /// The largest whole number below which every number is one of the type's; for indices.
    fileprivate var largest: Int { size >= 4 ? Int(Int32.max) : self == .int8 ? 127 : (1 << (8 * size - 1)) - 1 }
}

/// The generator of `random(seed)`: SplitMix64 (Steele, Lea, Flood 2014), the same on every machine.
struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// In 0..<1, of 24 bits: exact in a `Float`.
    mutating func nextReal() -> Double { Double(next() >> 40) / Double(1 << 24) }
}
