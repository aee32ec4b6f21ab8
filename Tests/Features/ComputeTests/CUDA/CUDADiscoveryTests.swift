import Glibc
import StewardCompute
import Testing

/// Every way in which a machine can have no usable GPU is a sentence with the way out.
@Suite(.serialized, .standIn) struct CUDADiscoveryTests {
    private func absence(_ libraries: CUDALibraries) -> DeviceAbsence? {
        do throws(DeviceAbsence) { _ = try CUDABackend.all(libraries) } catch { return error }
        return nil
    }

    private func absence(drivers: [String]) -> DeviceAbsence? {
        absence(CUDALibraries(paths: CUDALibraryPaths(driver: drivers, compiler: [], products: [])))
    }

    @Test func aMachineWithoutADriverSaysWhatToInstall() throws {
        let found = try #require(absence(drivers: ["/nowhere/libcuda.so.1"]))
        #expect(found.reason == .libraryMissing)
        #expect(found.sentence.contains("/nowhere/libcuda.so.1"))
        #expect(found.sentence.contains("install the NVIDIA driver"))
    }

    @Test func aStubIsNamedByItsFolderOrItsAnswer() throws {
        let stub = StandIn.build("stubs/libcuda.so.1", [])
        let byFolder = try #require(absence(drivers: [stub]))
        #expect(byFolder.reason == .stubLibrary)
        #expect(byFolder.sentence.contains(stub))
        let byAnswer = try #require(absence(StandIn.shared.libraries(StandIn.Settings(start: 34))))
        #expect(byAnswer.reason == .stubLibrary)
        #expect(byAnswer.sentence.contains("LD_LIBRARY_PATH"))
    }

    @Test func aDriverBehindAStubIsFound() throws {
        let stub = StandIn.build("stubs/libcuda.so.1", [])
        _ = StandIn.shared.libraries()
        #expect(absence(drivers: [stub, StandIn.shared.path]) == nil)
    }

    @Test func anOldDriverIsNamedWithTheFunctionThatItLacks() throws {
        let old = StandIn.build("old/libcuda.so.1", ["-DSTANDIN_OLD"])
        let found = try #require(absence(drivers: [old]))
        #expect(found.reason == .tooOld)
        #expect(found.sentence.contains("has no function cuGraphInstantiateWithFlags"))
        #expect(found.sentence.contains("version 525"))
        let compiler = #expect(throws: DeviceAbsence.self) {
            try StandIn.shared.libraries(compiler: old).compiler()
        }
        #expect(compiler?.reason == .tooOld)
        #expect(compiler?.sentence.contains("nvrtcGetCUBINSize") == true)
    }

    @Test func noDeviceIsNotAnError() throws {
        let none = try #require(absence(StandIn.shared.libraries(StandIn.Settings(devices: 0))))
        #expect(none.reason == .noDevice)
        #expect(none.sentence.contains("CUDA_VISIBLE_DEVICES"))
        let hidden = try #require(absence(StandIn.shared.libraries(StandIn.Settings(start: 100))))
        #expect(hidden.reason == .noDevice)
    }

    @Test(arguments: [(802, "fabricmanager"), (803, "reboot"), (999, "nvidia-smi"), (4711, "CUDA_ERROR_STAND_IN_4711")])
    func aDriverThatRefusesIsQuoted(code: Int, advice: String) throws {
        let found = try #require(absence(StandIn.shared.libraries(StandIn.Settings(start: Int32(code)))))
        #expect(found.reason == .driverError)
        #expect(found.sentence.contains("(\(code))"))
        #expect(found.sentence.contains(advice))
    }

    @Test func aPartOfACardIsKnownByItsName() throws {
        let backends = try CUDABackend.all(StandIn.shared.libraries(StandIn.Settings(parts: 1)))
        #expect(backends[0].info.name == "Stand-in GPU 0 MIG 1g.10gb")
        #expect(backends[0].info.uuid == "MIG-00010203-0405-0607-0809-0a0b0c0d0e0f")
    }

    @Test(arguments: [
        ("3", ["cuda:3"]), ("5,1", ["cuda:5", "cuda:1"]), ("3,4,5", ["cuda:0", "cuda:1"]), ("", ["cuda:0"]),
        ("x", ["cuda:0"]),
    ])
    func aVisibleDeviceHasTheNumberByWhichItIsKnown(_ numbers: String, _ ids: [String]) throws {
        let libraries = StandIn.shared.libraries(StandIn.Settings(devices: Int32(ids.count)))
        #expect(try CUDABackend.all(libraries, numbers: numbers).map(\.info.id) == ids)
    }

    @Test func whatTheDriverSaysOfADeviceIsShown() throws {
        let backends = try CUDABackend.all(StandIn.shared.libraries(StandIn.Settings(devices: 2, major: 8, minor: 6)))
        #expect(backends.map(\.info.id) == ["cuda:0", "cuda:1"])
        let info = backends[1].info
        #expect(info.name == "Stand-in GPU 1")
        #expect(info.architecture == "8.6")
        #expect(info.driver == "12.8")
        #expect(info.uuid == "GPU-10111213-1415-1617-1819-1a1b1c1d1e1f")
        #expect(info.maxSharedMemory == 227 << 10)
        #expect(info.maxGrid == Dim3(2_147_483_647, 65535, 65535))
        #expect(StandIn.shared.alive == [:], "looking at a device takes none of it")
    }

    @Test func placesAreSearchedInOrder() {
        let files = [
            "/opt/venv/lib/python3*/*-packages/nvidia": ["/opt/venv/lib/python3.12/site-packages/nvidia"],
            "/opt/venv/lib/python3.12/site-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12": ["/wheel/libnvrtc.so.12"],
            "/opt/cuda/lib64/libnvrtc.so.13": ["/opt/cuda/lib64/libnvrtc.so.13"],
        ]
        let paths = CUDALibraryPaths(
            environment: ["CUDA_HOME": "/opt/cuda", "STEWARD_CUDA_PYTHON": "/opt/venv/bin/python3"]
        ) { files[$0] ?? [] }
        #expect(
            paths.compiler
                == ["libnvrtc.so.13", "libnvrtc.so.12", "/opt/cuda/lib64/libnvrtc.so.13", "/wheel/libnvrtc.so.12"])
        #expect(paths.driver == ["libcuda.so.1"])
        let chosen = CUDALibraryPaths(environment: ["STEWARD_NVRTC": "/my/libnvrtc.so"]) { _ in [] }
        #expect(chosen.compiler == ["/my/libnvrtc.so"])
    }

    @Test func librariesNewerThanTheDriverComeLast() {
        let candidates = ["libnvrtc.so.13", "libnvrtc.so.12", "/a/libnvrtc.so.13"]
        #expect(
            CUDALibraries.ordered(candidates, most: 12) == ["libnvrtc.so.12", "libnvrtc.so.13", "/a/libnvrtc.so.13"])
        #expect(CUDALibraries.ordered(candidates, most: 13) == candidates)
        #expect(CUDALibraries.ordered(candidates, most: nil) == candidates)
    }

    @Test func withoutACompilerOrProductsTheDeviceStillServes() throws {
        do {
            let libraries = StandIn.shared.libraries(compiler: "/nowhere/nvrtc", products: "/nowhere/cublas")
            let device = Device(backend: try CUDABackend.all(libraries, cache: CompiledCodeCache(folder: nil))[0])
            let compiling = #expect(throws: ComputeError.self) { try device.compile(cuda: KernelSource("")) }
            #expect(compiling?.code == .noCompiler)
            #expect(compiling?.message.contains("pip install nvidia-cuda-nvrtc-cu12") == true)
            let buffer = try Buffer<Float>([1, 2], on: device)
            let product = MatrixProduct(m: 1, n: 1, k: 1, a: buffer.address, b: buffer.address, c: buffer.address)
            let multiplying = #expect(throws: ComputeError.self) { try device.defaultStream.backend.multiply(product) }
            #expect(multiplying?.code == .unsupported)
            #expect(multiplying?.message.contains("pip install nvidia-cublas-cu12") == true)
            #expect(try buffer.read() == [1, 2])
        }
        #expect(StandIn.shared.alive == [:])
    }
}
