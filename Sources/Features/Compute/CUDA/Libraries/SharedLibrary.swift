import Glibc

/// A library that was opened at run time. It is never closed: NVIDIA's leave threads and exit handlers behind.
package struct SharedLibrary: @unchecked Sendable {
    private let handle: UnsafeMutableRawPointer
    /// As it was asked for: `libcuda.so.1`, or a path.
    package let name: String

    /// Opens it with its symbols kept to itself.
    /// - Returns: nil where the loader can't, with the loader's words in `reason`.
    package init?(_ name: String, reason: inout String) {
        guard let handle = dlopen(name, RTLD_NOW | RTLD_LOCAL) else {
            reason = dlerror().map { String(cString: $0) } ?? "the loader gives no reason"
            return nil
        }
        self.handle = handle
        self.name = name
    }

    /// The function of that name, nil where the library has none.
    package func symbol<Function>(_ name: String, as type: Function.Type = Function.self) -> Function? {
        dlsym(handle, name).map { unsafeBitCast($0, to: Function.self) }
    }

    /// Whether the library has it.
    package func has(_ name: String) -> Bool { dlsym(handle, name) != nil }

    /// The file that holds the function `symbol`, as the loader found it; the name where it can't be told.
    package func path(of symbol: String) -> String {
        // dladdr(3), which Glibc's module hides with the other GNU extensions; the answer begins with the file.
        typealias Ask = @convention(c) (UnsafeRawPointer, UnsafeMutablePointer<UnsafePointer<CChar>?>) -> Int32
        var place = [UnsafePointer<CChar>?](repeating: nil, count: 4)
        guard let address = dlsym(handle, symbol), let ask = dlsym(nil, "dladdr"),
            unsafeBitCast(ask, to: Ask.self)(address, &place) != 0, let file = place[0]
        else { return name }
        return String(cString: file)
    }
}

/// Takes the functions that are needed out of a library, or says which is missing.
package struct SymbolReader {
    package let library: SharedLibrary
    /// What to say of a library without one of them.
    package let wayOut: String

    package init(_ library: SharedLibrary, wayOut: String) {
        self.library = library
        self.wayOut = wayOut
    }

    /// - Throws: ``DeviceAbsence/Reason/tooOld`` that names the function and the file.
    package func need<Function>(_ name: String, as type: Function.Type = Function.self) throws(DeviceAbsence)
        -> Function
    {
        guard let function = library.symbol(name, as: type) else {
            throw DeviceAbsence(
                .tooOld, library: library.name, sentence: "\(library.name) has no function \(name): \(wayOut)")
        }
        return function
    }
}

extension DeviceAbsence: Error {}
