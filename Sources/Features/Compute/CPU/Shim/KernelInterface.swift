/// How compiled kernels and the program that runs them meet: the same text as in CCompute's `compute_kernels.h`
/// (a test compares them), here to be compiled into objects.
package enum KernelInterface {
    /// C and C++.
    package static let text = #"""
        #ifdef __cplusplus
        extern "C" {
        #endif

        #define STEWARD_KERNEL_INTERFACE 1

        /// One launch: the same for all of its blocks.
        struct steward_launch {
            unsigned grid[3], block[3];
            /// Bytes of dynamic shared memory a block.
            unsigned shared;
        };

        /// Where one thread stands.
        struct steward_place {
            unsigned thread[3], block[3];
        };

        enum steward_vote { steward_vote_none, steward_vote_count, steward_vote_and, steward_vote_or };

        enum steward_warp_operation {
            steward_warp_sync,
            steward_warp_shuffle,
            steward_warp_up,
            steward_warp_down,
            steward_warp_xor,
            steward_warp_ballot,
            steward_warp_active,
            steward_warp_match_any,
            steward_warp_match_all,
            steward_warp_add,
            steward_warp_min,
            steward_warp_max,
            steward_warp_and,
            steward_warp_or,
            steward_warp_exclusive_or
        };

        /// Bits of `kind` in `access`.
        enum steward_access {
            steward_access_write = 1,
            steward_access_atomic = 2,
            /// No access: a memory fence of all threads (__threadfence).
            steward_access_fence = 4,
            /// The compiler knows that the address may be crooked.
            steward_access_unaligned = 8
        };

        /// What an object calls. The program fills it in after it has opened the object, before the first launch.
        struct steward_host {
            /// Dynamic shared memory of the block that runs in this thread.
            void *(*shared)(void);
            /// Where the thread that runs stands: for functions that aren't kernels.
            const struct steward_place *(*place)(void);
            /// __syncthreads and its kin at this line.
            int (*barrier)(int vote, int predicate, int line);
            /// One lane's part in an operation of its warp. Values travel as 64 bits; min and max compare them as signed.
            unsigned long long (*warp)(int operation, unsigned mask, unsigned long long value, int operand, int width, int line);
            /// printf's text.
            void (*print)(const char *text, unsigned long long length);
            /// assert and __trap; does not return.
            void (*fault)(const char *message, int line);
            /// Check mode only: an access to memory and the code that does it; entry to (1) a function, with the code that
            /// calls it, and exit from one (0).
            void (*access)(const void *address, unsigned long long size, int kind, const void *code);
            void (*function)(int entry, const void *code);
        };

        /// The type of a parameter as the compiler knows it: enum element, or'ed with pointer and constant.
        enum steward_type {
            steward_type_other,
            steward_type_int8,
            steward_type_uint8,
            steward_type_int16,
            steward_type_uint16,
            steward_type_int32,
            steward_type_uint32,
            steward_type_int64,
            steward_type_uint64,
            steward_type_float16,
            steward_type_bfloat16,
            steward_type_float,
            steward_type_double,
            steward_type_pointer = 0x100,
            steward_type_constant = 0x200
        };

        struct steward_parameter {
            unsigned type, size, alignment;
        };

        struct steward_kernel {
            const char *name;
            unsigned parameter_count;
            const struct steward_parameter *parameters;
            /// Runs blocks first..<last (numbered with x fastest), one thread of each after the other. Null for kernels with
            /// barriers or warp operations.
            void (*blocks)(const struct steward_launch *launch, unsigned long long first, unsigned long long last,
                           void *const *arguments);
            /// Runs one thread. It may call `barrier` and `warp`, which return when the others have arrived.
            void (*thread)(const struct steward_launch *launch, const struct steward_place *place, void *const *arguments);
        };

        /// What an object exports, under the name `steward_module`.
        struct steward_module {
            /// STEWARD_KERNEL_INTERFACE of the object.
            unsigned interface;
            unsigned kernel_count;
            const struct steward_kernel *kernels;
            struct steward_host *host;
            /// The start of the object's thread-local memory in the calling thread: static shared memory lies there.
            char *(*thread_memory)(void);
        };

        #ifdef __cplusplus
        }
        #endif
        """#
}
