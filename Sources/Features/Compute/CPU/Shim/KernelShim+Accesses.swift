extension KernelShim {
    /// ThreadSanitizer's interface, which clang and g++ call for every access to memory under `-fsanitize=thread`;
    /// here it reports to the program instead of to ThreadSanitizer's runtime.
    static let accesses = #"""
        // Named apart from the compiler's built-in functions, whose parameters g++ doesn't let be declared otherwise.
        #define STEWARD_HOOK(T, name, parameters)                                                                 \
            extern "C" __attribute__((noinline, used, visibility("hidden"))) STEWARD_UNWATCHED T                  \
            steward_hook_##name parameters __asm__("__tsan_" #name);                                              \
            T steward_hook_##name parameters
        STEWARD_INLINE STEWARD_UNWATCHED void steward_access_at(const volatile void *address, unsigned long long size,
                                                                int kind, const void *code) {
            if (steward_program.access) steward_program.access((const void *)address, size, kind, code);
        }
        #define STEWARD_CALLER __builtin_return_address(0)
        #define STEWARD_SIZED(size)                                                                               \
            STEWARD_HOOK(void, read##size, (void *p)) { steward_access_at(p, size, 0, STEWARD_CALLER); }          \
            STEWARD_HOOK(void, write##size, (void *p)) { steward_access_at(p, size, 1, STEWARD_CALLER); }         \
            STEWARD_HOOK(void, unaligned_read##size, (void *p)) { steward_access_at(p, size, 8, STEWARD_CALLER); } \
            STEWARD_HOOK(void, unaligned_write##size, (void *p)) { steward_access_at(p, size, 9, STEWARD_CALLER); } \
            STEWARD_HOOK(void, volatile_read##size, (void *p)) { steward_access_at(p, size, 0, STEWARD_CALLER); } \
            STEWARD_HOOK(void, volatile_write##size, (void *p)) { steward_access_at(p, size, 1, STEWARD_CALLER); } \
            STEWARD_HOOK(void, unaligned_volatile_read##size, (void *p)) {                                        \
                steward_access_at(p, size, 0, STEWARD_CALLER);                                                    \
            }                                                                                                     \
            STEWARD_HOOK(void, unaligned_volatile_write##size, (void *p)) {                                       \
                steward_access_at(p, size, 1, STEWARD_CALLER);                                                    \
            }                                                                                                     \
            STEWARD_HOOK(void, read_write##size, (void *p)) {                                                     \
                steward_access_at(p, size, 0, STEWARD_CALLER);                                                    \
                steward_access_at(p, size, 1, STEWARD_CALLER);                                                    \
            }                                                                                                     \
            STEWARD_HOOK(void, unaligned_read_write##size, (void *p)) {                                           \
                steward_access_at(p, size, 0, STEWARD_CALLER);                                                    \
                steward_access_at(p, size, 1, STEWARD_CALLER);                                                    \
            }
        STEWARD_SIZED(1) STEWARD_SIZED(2) STEWARD_SIZED(4) STEWARD_SIZED(8) STEWARD_SIZED(16)
        STEWARD_HOOK(void, read_range, (void *p, unsigned long size)) { steward_access_at(p, size, 0, STEWARD_CALLER); }
        STEWARD_HOOK(void, write_range, (void *p, unsigned long size)) {
            steward_access_at(p, size, 1, STEWARD_CALLER);
        }
        STEWARD_HOOK(void, vptr_update, (void **, void *)) {}
        STEWARD_HOOK(void, vptr_read, (void **)) {}
        STEWARD_HOOK(void, init, ()) {}
        STEWARD_HOOK(void, ignore_thread_begin, ()) {}
        STEWARD_HOOK(void, ignore_thread_end, ()) {}
        STEWARD_HOOK(void, func_entry, (void *from)) {
            if (steward_program.function) steward_program.function(1, from);
        }
        STEWARD_HOOK(void, func_exit, ()) {
            if (steward_program.function) steward_program.function(0, STEWARD_CALLER);
        }
        STEWARD_HOOK(void *, memcpy, (void *to, const void *from, unsigned long size)) {
            steward_access_at(from, size, 0, STEWARD_CALLER);
            steward_access_at(to, size, 1, STEWARD_CALLER);
            return __builtin_memcpy(to, from, size);
        }
        STEWARD_HOOK(void *, memmove, (void *to, const void *from, unsigned long size)) {
            steward_access_at(from, size, 0, STEWARD_CALLER);
            steward_access_at(to, size, 1, STEWARD_CALLER);
            return __builtin_memmove(to, from, size);
        }
        STEWARD_HOOK(void *, memset, (void *to, int byte, unsigned long size)) {
            steward_access_at(to, size, 1, STEWARD_CALLER);
            return __builtin_memset(to, byte, size);
        }
        // g++ leaves these calls as they are, for a runtime that takes their places.
        #if !defined(__clang__)
        __attribute__((noinline, unused)) static STEWARD_UNWATCHED void *
        steward_watched_memcpy(void *to, const void *from, size_t size) {
            steward_access_at(from, size, 0, STEWARD_CALLER);
            steward_access_at(to, size, 1, STEWARD_CALLER);
            return __builtin_memcpy(to, from, size);
        }
        __attribute__((noinline, unused)) static STEWARD_UNWATCHED void *
        steward_watched_memset(void *to, int byte, size_t size) {
            steward_access_at(to, size, 1, STEWARD_CALLER);
            return __builtin_memset(to, byte, size);
        }
        namespace std { using ::steward_watched_memcpy, ::steward_watched_memset; }
        #define memcpy steward_watched_memcpy
        #define memset steward_watched_memset
        #endif
        #define STEWARD_TSAN_FETCH(bits, T, name)                                                                 \
            STEWARD_HOOK(T, atomic##bits##_fetch_##name, (volatile T *p, T v, int)) {                             \
                steward_access_at(p, bits / 8, 3, STEWARD_CALLER);                                                \
                return __atomic_fetch_##name(p, v, __ATOMIC_SEQ_CST);                                             \
            }
        #define STEWARD_TSAN_ATOMIC(bits, T)                                                                      \
            STEWARD_HOOK(T, atomic##bits##_load, (const volatile T *p, int)) {                                    \
                steward_access_at(p, bits / 8, 2, STEWARD_CALLER);                                                \
                return __atomic_load_n(p, __ATOMIC_SEQ_CST);                                                      \
            }                                                                                                     \
            STEWARD_HOOK(void, atomic##bits##_store, (volatile T *p, T v, int)) {                                 \
                steward_access_at(p, bits / 8, 3, STEWARD_CALLER);                                                \
                __atomic_store_n(p, v, __ATOMIC_SEQ_CST);                                                         \
            }                                                                                                     \
            STEWARD_HOOK(T, atomic##bits##_exchange, (volatile T *p, T v, int)) {                                 \
                steward_access_at(p, bits / 8, 3, STEWARD_CALLER);                                                \
                return __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST);                                               \
            }                                                                                                     \
            STEWARD_HOOK(int, atomic##bits##_compare_exchange_strong, (volatile T *p, T *e, T v, int, int)) {     \
                steward_access_at(p, bits / 8, 3, STEWARD_CALLER);                                                \
                return __atomic_compare_exchange_n(p, e, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);           \
            }                                                                                                     \
            STEWARD_HOOK(int, atomic##bits##_compare_exchange_weak, (volatile T *p, T *e, T v, int, int)) {       \
                steward_access_at(p, bits / 8, 3, STEWARD_CALLER);                                                \
                return __atomic_compare_exchange_n(p, e, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);           \
            }                                                                                                     \
            STEWARD_HOOK(T, atomic##bits##_compare_exchange_val, (volatile T *p, T e, T v, int, int)) {           \
                steward_access_at(p, bits / 8, 3, STEWARD_CALLER);                                                \
                __atomic_compare_exchange_n(p, &e, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST);                 \
                return e;                                                                                         \
            }                                                                                                     \
            STEWARD_TSAN_FETCH(bits, T, add) STEWARD_TSAN_FETCH(bits, T, sub) STEWARD_TSAN_FETCH(bits, T, and)    \
            STEWARD_TSAN_FETCH(bits, T, or) STEWARD_TSAN_FETCH(bits, T, xor) STEWARD_TSAN_FETCH(bits, T, nand)
        STEWARD_TSAN_ATOMIC(8, unsigned char) STEWARD_TSAN_ATOMIC(16, unsigned short)
        STEWARD_TSAN_ATOMIC(32, unsigned) STEWARD_TSAN_ATOMIC(64, unsigned long long)
        STEWARD_HOOK(void, atomic_thread_fence, (int)) { steward_access_at(nullptr, 0, 4, STEWARD_CALLER); }
        STEWARD_HOOK(void, atomic_signal_fence, (int)) {}
        """#
}
