/// The headers that kernels' sources name. NVRTC has no files of its own: what CUDA C has built in is an empty header
/// here, and what C programs expect of `stdint.h` or `float.h` is the part that device code can use.
package enum CUDAHeaders {
    package static let all: [(name: String, text: String)] =
        ["cuda_runtime.h", "device_launch_parameters.h", "math.h", "cmath", "stdio.h", "cstdio", "assert.h", "cassert"]
        .map { (name: $0, text: "") }
        + ["stdint.h", "cstdint"].map { (name: $0, text: integers) }
        + ["stddef.h", "cstddef"].map { (name: $0, text: "") }
        + ["float.h", "cfloat"].map { (name: $0, text: floats) }
        + ["limits.h", "climits"].map { (name: $0, text: limits) }

    /// Folders with `cuda_fp16.h` and its kin, beside the library in a toolkit or in the wheels.
    static func folders(besides library: String) -> [String] {
        guard let slash = library.lastIndex(of: "/") else { return [] }
        let folder = library[..<slash]
        return ["\(folder)/../include", "\(folder)/../../cuda_runtime/include"]
            .filter { !CUDALibraryPaths.glob("\($0)/cuda_fp16.h").isEmpty }
    }

    private static let integers = """
        #pragma once
        typedef signed char int8_t; typedef short int16_t; typedef int int32_t; typedef long int64_t;
        typedef unsigned char uint8_t; typedef unsigned short uint16_t; typedef unsigned int uint32_t;
        typedef unsigned long uint64_t; typedef long intptr_t; typedef unsigned long uintptr_t;
        #define INT8_MAX 127
        #define INT16_MAX 32767
        #define INT32_MAX 2147483647
        #define INT32_MIN (-2147483647 - 1)
        #define INT64_MAX 9223372036854775807L
        #define INT64_MIN (-9223372036854775807L - 1)
        #define UINT8_MAX 255
        #define UINT16_MAX 65535
        #define UINT32_MAX 4294967295U
        #define UINT64_MAX 18446744073709551615UL

        """

    private static let floats = """
        #pragma once
        #define FLT_MAX 3.40282347e+38F
        #define FLT_MIN 1.17549435e-38F
        #define FLT_EPSILON 1.19209290e-7F
        #define DBL_MAX 1.7976931348623157e+308
        #define DBL_MIN 2.2250738585072014e-308
        #define DBL_EPSILON 2.2204460492503131e-16

        """

    private static let limits = """
        #pragma once
        #define CHAR_BIT 8
        #define INT_MAX 2147483647
        #define INT_MIN (-2147483647 - 1)
        #define UINT_MAX 4294967295U
        #define LLONG_MAX 9223372036854775807LL
        #define LLONG_MIN (-9223372036854775807LL - 1)
        #define ULLONG_MAX 18446744073709551615ULL

        """
}
