import StewardCompute
import Testing

@testable import StewardTraining

/// PyTorch's values, made by goldens/make.py.
struct Goldens {
    private let file: Safetensors

    init(_ name: String) throws {
        let folder = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let path = "\(folder)/goldens/\(name).safetensors"
        file = try Safetensors(FileContents.read(path, .data), file: path)
    }

    func shape(_ name: String) -> Shape { Shape(file.entries.first { $0.name == name }!.shape) }
    func has(_ name: String) -> Bool { file.entries.contains { $0.name == name } }
    func values(_ name: String) throws -> [Float] { try file.floats(name, shape(name)) }
    func integers(_ name: String) throws -> [Int32] { try values(name).map(Int32.init) }
}

/// The kernels that tests run on.
enum TestDevice: CaseIterable {
    /// The C kernels.
    case native
    /// The CUDA C kernels that a GPU runs, compiled for the processor.
    case cudaC

    func make() throws -> TensorDevice { try TensorDevice(.cpu, path: self == .native ? .native : .cudaC) }
}

/// The largest difference, relative to the larger of 1 and the expected value.
func difference(_ found: [Float], _ expected: [Float]) -> Float {
    guard found.count == expected.count else { return .infinity }
    return zip(found, expected).reduce(0) { largest, pair in
        let distance = abs(pair.0 - pair.1) / max(1, abs(pair.1))
        return distance.isNaN ? .infinity : max(largest, distance)
    }
}
