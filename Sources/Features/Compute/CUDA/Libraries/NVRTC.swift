/// The functions of `libnvrtc.so` that are used (NVRTC: CUDA Runtime Compilation).
package struct NVRTC: @unchecked Sendable {
    typealias Status = Int32
    typealias Program = OpaquePointer
    typealias Texts = UnsafePointer<UnsafePointer<CChar>?>
    typealias Size = @convention(c) (Program?, UnsafeMutablePointer<Int>) -> Status
    typealias Bytes = @convention(c) (Program?, UnsafeMutablePointer<CChar>) -> Status

    let errorText: @convention(c) (Status) -> UnsafePointer<CChar>?
    let create:
        @convention(c) (
            UnsafeMutablePointer<Program?>, UnsafePointer<CChar>, UnsafePointer<CChar>, Int32, Texts?, Texts?
        ) -> Status
    let destroy: @convention(c) (UnsafeMutablePointer<Program?>) -> Status
    let compile: @convention(c) (Program?, Int32, Texts?) -> Status
    let logSize: Size
    let log: Bytes
    let cubinSize: Size
    let cubin: Bytes
    let ptxSize: Size
    let ptx: Bytes
    let addName: @convention(c) (Program?, UnsafePointer<CChar>) -> Status
    let loweredName:
        @convention(c) (Program?, UnsafePointer<CChar>, UnsafeMutablePointer<UnsafePointer<CChar>?>) -> Status

    /// `12.9`.
    package let version: String
    /// The compute capabilities that it makes machine code for, 75 for 7.5, ascending.
    package let architectures: [Int]
    /// The file that it was loaded from.
    package let path: String

    /// - Throws: ``DeviceAbsence/Reason/tooOld`` that names the function that the library lacks.
    package init(_ library: SharedLibrary) throws(DeviceAbsence) {
        let symbols = SymbolReader(library, wayOut: "install NVRTC 12 ('pip install nvidia-cuda-nvrtc-cu12').")
        errorText = try symbols.need("nvrtcGetErrorString")
        create = try symbols.need("nvrtcCreateProgram")
        destroy = try symbols.need("nvrtcDestroyProgram")
        compile = try symbols.need("nvrtcCompileProgram")
        logSize = try symbols.need("nvrtcGetProgramLogSize")
        log = try symbols.need("nvrtcGetProgramLog")
        cubinSize = try symbols.need("nvrtcGetCUBINSize")
        cubin = try symbols.need("nvrtcGetCUBIN")
        ptxSize = try symbols.need("nvrtcGetPTXSize")
        ptx = try symbols.need("nvrtcGetPTX")
        addName = try symbols.need("nvrtcAddNameExpression")
        loweredName = try symbols.need("nvrtcGetLoweredName")
        version = try Self.version(symbols)
        architectures = try Self.architectures(symbols)
        path = library.path(of: "nvrtcVersion")
    }

    private static func version(_ symbols: SymbolReader) throws(DeviceAbsence) -> String {
        let read: @convention(c) (UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>) -> Status =
            try symbols.need("nvrtcVersion")
        var (major, minor): (Int32, Int32) = (0, 0)
        let status = read(&major, &minor)
        guard status == 0 else {
            throw DeviceAbsence(
                .driverError, library: symbols.library.name,
                sentence: "nvrtcVersion failed (\(status)) in \(symbols.library.name): \(symbols.wayOut)")
        }
        return "\(major).\(minor)"
    }

    private static func architectures(_ symbols: SymbolReader) throws(DeviceAbsence) -> [Int] {
        let count: @convention(c) (UnsafeMutablePointer<Int32>) -> Status =
            try symbols.need("nvrtcGetNumSupportedArchs")
        let list: @convention(c) (UnsafeMutablePointer<Int32>) -> Status = try symbols.need("nvrtcGetSupportedArchs")
        var number: Int32 = 0
        guard count(&number) == 0, number > 0 else { return [] }
        var values = [Int32](repeating: 0, count: Int(number))
        guard list(&values) == 0 else { return [] }
        return values.map(Int.init).sorted()
    }
}
