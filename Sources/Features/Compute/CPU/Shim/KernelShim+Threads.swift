extension KernelShim {
    /// Barriers, printing and faults: what the program that runs the kernel does for it.
    static let host = #"""
        extern "C" int vsnprintf(char *, size_t, const char *, __builtin_va_list) noexcept;
        static steward_host steward_program;
        #if STEWARD_AMBIENT
        static inline STEWARD_UNWATCHED void steward_resume() {
            const steward_place *place = steward_program.place();
            threadIdx = uint3{place->thread[0], place->thread[1], place->thread[2]};
            blockIdx = uint3{place->block[0], place->block[1], place->block[2]};
        }
        #else
        STEWARD_INLINE void steward_resume() {}
        #endif
        STEWARD_INLINE int steward_sync(int vote, int predicate, int line) {
            int answer = steward_program.barrier(vote, predicate, line);
            steward_resume();
            return answer;
        }
        #define __syncthreads() ((void)steward_sync(steward_vote_none, 0, __LINE__))
        #define __syncthreads_count(predicate) steward_sync(steward_vote_count, (predicate) ? 1 : 0, __LINE__)
        #define __syncthreads_and(predicate) steward_sync(steward_vote_and, (predicate) ? 1 : 0, __LINE__)
        #define __syncthreads_or(predicate) steward_sync(steward_vote_or, (predicate) ? 1 : 0, __LINE__)
        STEWARD_INLINE void __threadfence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
        STEWARD_INLINE void __threadfence_block() { __atomic_signal_fence(__ATOMIC_SEQ_CST); }
        STEWARD_INLINE void __threadfence_system() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }

        __attribute__((format(printf, 1, 2), noinline, unused)) static STEWARD_UNWATCHED int
        steward_printf(const char *format, ...) {
            char text[1024];
            __builtin_va_list list;
            __builtin_va_start(list, format);
            int length = vsnprintf(text, sizeof text, format, list);
            __builtin_va_end(list);
            if (length < 0) return length;
            if ((size_t)length < sizeof text) {
                steward_program.print(text, (unsigned)length);
                return length;
            }
            unsigned room = length < 65535 ? (unsigned)length : 65535u;
            char *longer = (char *)__builtin_alloca(room + 1);
            __builtin_va_start(list, format);
            vsnprintf(longer, room + 1, format, list);
            __builtin_va_end(list);
            steward_program.print(longer, room);
            return length;
        }
        #define printf steward_printf
        #define assert(...)                                                                                       \
            ((__VA_ARGS__) ? (void)0 : steward_program.fault("the assertion '" #__VA_ARGS__ "' failed", __LINE__))
        #define __trap() steward_program.fault("__trap was called", __LINE__)
        #define __brkpt() ((void)0)
        STEWARD_INLINE long long clock64() {
        #if defined(__x86_64__)
            return (long long)__builtin_ia32_rdtsc();
        #elif defined(__aarch64__)
            long long ticks;
            __asm__ volatile("mrs %0, cntvct_el0" : "=r"(ticks));
            return ticks;
        #endif
        }
        STEWARD_INLINE int clock() { return (int)clock64(); }
        STEWARD_INLINE void __nanosleep(unsigned) {}
        // `extern __shared__ T name[]` outside of a function.
        template <class T> struct steward_dynamic {
            operator T *() const { return (T *)steward_program.shared(); }
        };
        """#

    /// Atomic operations on memory, sequentially consistent between all threads.
    static let atomics = #"""
        template <class T> STEWARD_INLINE T steward_exchange_if(T *p, T expected, T wanted) {
            __atomic_compare_exchange(p, &expected, &wanted, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
            return expected;
        }
        template <class T, class Next> STEWARD_INLINE T steward_update(T *p, Next next) {
            T old;
            __atomic_load(p, &old, __ATOMIC_RELAXED);
            for (;;) {
                T wanted = next(old);
                if (__atomic_compare_exchange(p, &old, &wanted, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) return old;
            }
        }
        #define STEWARD_ATOMIC(name, expression)                                                                  \
            template <class T> STEWARD_CALLED T name(T *p, typename steward_exactly<T>::type v) { return expression; } \
            template <class T> STEWARD_CALLED T name##_block(T *p, typename steward_exactly<T>::type v) { return expression; } \
            template <class T> STEWARD_CALLED T name##_system(T *p, typename steward_exactly<T>::type v) { return expression; }
        template <class T> STEWARD_INLINE T steward_add(T *p, T v) {
            if constexpr (steward_integral<T>::value) return __atomic_fetch_add(p, v, __ATOMIC_RELAXED);
            else return steward_update(p, [v](T old) { return (T)(old + v); });
        }
        STEWARD_ATOMIC(atomicAdd, steward_add<T>(p, v))
        STEWARD_ATOMIC(atomicSub, __atomic_fetch_sub(p, v, __ATOMIC_RELAXED))
        STEWARD_ATOMIC(atomicAnd, __atomic_fetch_and(p, v, __ATOMIC_RELAXED))
        STEWARD_ATOMIC(atomicOr, __atomic_fetch_or(p, v, __ATOMIC_RELAXED))
        STEWARD_ATOMIC(atomicXor, __atomic_fetch_xor(p, v, __ATOMIC_RELAXED))
        STEWARD_ATOMIC(atomicMin, steward_update(p, [v](T old) { return v < old ? v : old; }))
        STEWARD_ATOMIC(atomicMax, steward_update(p, [v](T old) { return old < v ? v : old; }))
        STEWARD_ATOMIC(atomicInc, steward_update(p, [v](T old) { return old >= v ? T(0) : T(old + 1); }))
        STEWARD_ATOMIC(atomicDec, steward_update(p, [v](T old) { return old == 0 || old > v ? v : T(old - 1); }))
        template <class T> STEWARD_INLINE T steward_exchange(T *p, T v) {
            T old;
            __atomic_exchange(p, &v, &old, __ATOMIC_RELAXED);
            return old;
        }
        STEWARD_ATOMIC(atomicExch, steward_exchange<T>(p, v))
        template <class T>
        STEWARD_CALLED T atomicCAS(T *p, typename steward_exactly<T>::type compare, typename steward_exactly<T>::type v) {
            return steward_exchange_if<T>(p, compare, v);
        }
        """#

    /// Operations of a warp: 32 neighbours in the order of x, y, z.
    static let warps = #"""
        STEWARD_INLINE unsigned long long steward_meet(int operation, int line, unsigned mask, unsigned long long value,
                                                       int operand = 0, int width = 32) {
            unsigned long long answer = steward_program.warp(operation, mask, value, operand, width, line);
            steward_resume();
            return answer;
        }
        template <class T>
        STEWARD_INLINE T steward_shuffle(int operation, int line, unsigned mask, T value, int operand, int width = 32) {
            static_assert(sizeof(T) <= 8, "a shuffle moves 8 bytes at most");
            unsigned long long bits = 0;
            __builtin_memcpy(&bits, &value, sizeof value);
            bits = steward_meet(operation, line, mask, bits, operand, width);
            __builtin_memcpy(&value, &bits, sizeof value);
            return value;
        }
        template <class T> STEWARD_INLINE unsigned steward_match(int operation, int line, unsigned mask, T value) {
            static_assert(sizeof(T) <= 8, "a match compares 8 bytes at most");
            unsigned long long bits = 0;
            __builtin_memcpy(&bits, &value, sizeof value);
            return (unsigned)steward_meet(operation, line, mask, bits);
        }
        template <class T>
        STEWARD_INLINE unsigned steward_match_all(int line, unsigned mask, T value, int *all) {
            unsigned met = steward_match(steward_warp_match_all, line, mask, value);
            *all = met != 0;
            return met;
        }
        STEWARD_INLINE unsigned steward_ballot(int line, unsigned mask, bool predicate) {
            return (unsigned)steward_meet(steward_warp_ballot, line, mask, predicate);
        }
        template <class T> STEWARD_INLINE T steward_reduce(int operation, int line, unsigned mask, T value) {
            return (T)steward_meet(operation, line, mask, (unsigned long long)(long long)value);
        }
        STEWARD_INLINE void steward_sync_warp(int line, unsigned mask = 0xffffffffu) {
            steward_meet(steward_warp_sync, line, mask, 0);
        }
        #define __shfl_sync(...) steward_shuffle(steward_warp_shuffle, __LINE__, __VA_ARGS__)
        #define __shfl_up_sync(...) steward_shuffle(steward_warp_up, __LINE__, __VA_ARGS__)
        #define __shfl_down_sync(...) steward_shuffle(steward_warp_down, __LINE__, __VA_ARGS__)
        #define __shfl_xor_sync(...) steward_shuffle(steward_warp_xor, __LINE__, __VA_ARGS__)
        #define __ballot_sync(mask, predicate) steward_ballot(__LINE__, mask, (predicate) != 0)
        #define __any_sync(mask, predicate) (steward_ballot(__LINE__, mask, (predicate) != 0) != 0)
        #define __all_sync(mask, predicate) (steward_ballot(__LINE__, mask, (predicate) == 0) == 0)
        #define __activemask() ((unsigned)steward_meet(steward_warp_active, __LINE__, 0xffffffffu, 0))
        #define __match_any_sync(mask, value) steward_match(steward_warp_match_any, __LINE__, mask, value)
        #define __match_all_sync(mask, value, all) steward_match_all(__LINE__, mask, value, all)
        #define __reduce_add_sync(mask, value) steward_reduce(steward_warp_add, __LINE__, mask, value)
        #define __reduce_min_sync(mask, value) steward_reduce(steward_warp_min, __LINE__, mask, value)
        #define __reduce_max_sync(mask, value) steward_reduce(steward_warp_max, __LINE__, mask, value)
        #define __reduce_and_sync(mask, value) steward_reduce(steward_warp_and, __LINE__, mask, value)
        #define __reduce_or_sync(mask, value) steward_reduce(steward_warp_or, __LINE__, mask, value)
        #define __reduce_xor_sync(mask, value) steward_reduce(steward_warp_exclusive_or, __LINE__, mask, value)
        // With arguments or without, as in __syncwarp().
        #define __syncwarp(...) steward_sync_warp(__LINE__ STEWARD_REST(__VA_ARGS__))
        #define STEWARD_REST(...) __VA_OPT__(,) __VA_ARGS__
        """#

    /// How kernels are entered. `blocks` is what vectorises: after inlining, a plain loop over x.
    static let entries = #"""
        template <int...> struct steward_indices {};
        #if defined(__clang__)
        template <class T, T... I> struct steward_indices_of { typedef steward_indices<I...> type; };
        template <int count> using steward_upto = typename __make_integer_seq<steward_indices_of, int, count>::type;
        #else
        template <int count> using steward_upto = steward_indices<__integer_pack(count)...>;
        #endif
        template <class T> struct steward_element { static constexpr unsigned code = steward_type_other; };
        #define STEWARD_ELEMENT(T, name) \
            template <> struct steward_element<T> { static constexpr unsigned code = steward_type_##name; };
        STEWARD_ELEMENT(char, int8) STEWARD_ELEMENT(signed char, int8) STEWARD_ELEMENT(unsigned char, uint8)
        STEWARD_ELEMENT(short, int16) STEWARD_ELEMENT(unsigned short, uint16) STEWARD_ELEMENT(int, int32)
        STEWARD_ELEMENT(unsigned, uint32) STEWARD_ELEMENT(long, int64) STEWARD_ELEMENT(unsigned long, uint64)
        STEWARD_ELEMENT(long long, int64) STEWARD_ELEMENT(unsigned long long, uint64) STEWARD_ELEMENT(float, float)
        STEWARD_ELEMENT(double, double) STEWARD_ELEMENT(__half, float16) STEWARD_ELEMENT(__nv_bfloat16, bfloat16)
        template <class T> struct steward_described { static constexpr unsigned code = steward_element<T>::code; };
        template <class T> struct steward_described<T *> {
            static constexpr unsigned code = steward_type_pointer | steward_element<T>::code;
        };
        template <class T> struct steward_described<const T *> {
            static constexpr unsigned code = steward_type_pointer | steward_type_constant | steward_element<T>::code;
        };
        // What a kernel asks at its guards, and whether its grid-stride loop goes on. Mode 0 asks, 1 knows that every
        // thread of the row passes, 2 only finds out; 3 asks for one step of the loop alone, as 1 and 2 do.
        struct steward_gate {
            int mode;
            unsigned *seen;
            unsigned long long step;
            STEWARD_INNER void see(bool passes) const { *seen |= passes ? 2u : 1u; }
            STEWARD_INNER bool again(bool goes_on, bool &first) const {
                if (mode == 0) return goes_on;
                if (mode == 2) {
                    see(goes_on);
                    return false;
                }
                bool once = first;
                first = false;
                return once && (mode == 1 || goes_on);
            }
            STEWARD_INNER bool leave(bool leaves) const {
                if (mode == 2) see(!leaves);
                return mode != 1 && leaves;
            }
            STEWARD_INNER bool leave_last(bool leaves) const {
                if (mode == 2) see(!leaves);
                return mode == 2 || (mode != 1 && leaves);
            }
            STEWARD_INNER bool enter(bool enters) const {
                if (mode == 2) see(enters);
                return mode == 1 || (mode != 2 && enters);
            }
        };
        template <auto kernel, bool ambient, int asks> struct steward_entry;
        template <class... P, void (*kernel)(steward_gate, uint3, uint3, dim3, dim3, P...), bool ambient, int asks>
        struct steward_entry<kernel, ambient, asks> {
            static constexpr unsigned count = sizeof...(P);
            static constexpr steward_parameter parameters[count + 1] = {
                {steward_described<P>::code, sizeof(P), alignof(P)}..., {0, 0, 0}};

            // One row of a block: without asking where all threads pass, not at all where none does. Returns whether
            // any did.
            STEWARD_INNER static bool row(unsigned long long step, unsigned y, unsigned z, uint3 block, dim3 size,
                                          dim3 grid, P... parameter) {
                unsigned seen = 0;
                if (asks)
                    for (unsigned x = 0; x < size.x; x++)
                        kernel(steward_gate{2, &seen, step}, uint3{x, y, z}, block, size, grid, parameter...);
                if (asks && !(seen & 2)) return false;
                if (asks && seen == 2) {
                    for (unsigned x = 0; x < size.x; x++)
                        kernel(steward_gate{1, nullptr, step}, uint3{x, y, z}, block, size, grid, parameter...);
                    return true;
                }
                for (unsigned x = 0; x < size.x; x++) {
                    if (ambient) threadIdx = uint3{x, y, z};
                    kernel(steward_gate{asks == 2 ? 3 : 0, nullptr, step}, uint3{x, y, z}, block, size, grid,
                           parameter...);
                }
                return true;
            }
            // `small`: block.x * size.x fits an int, which g++ must know to see that a cell's index counts up by one.
            template <bool small>
            static STEWARD_UNWATCHED bool loops(const steward_launch *launch, unsigned long long first,
                                                unsigned long long last, unsigned long long step, P... parameter) {
                const dim3 grid(launch->grid[0], launch->grid[1], launch->grid[2]);
                const dim3 size(launch->block[0], launch->block[1], launch->block[2]);
                uint3 block = {(unsigned)(first % grid.x), (unsigned)(first / grid.x % grid.y),
                               (unsigned)(first / grid.x / grid.y)};
                if (size.x > 1024) __builtin_unreachable();
                if (ambient) gridDim = grid, blockDim = size;
                bool any = false;
                for (unsigned long long number = first; number < last; number++) {
                    if (small && block.x >= (1u << 21) - 1) __builtin_unreachable();
                    if (ambient) blockIdx = block;
                    for (unsigned z = 0; z < size.z; z++)
                        for (unsigned y = 0; y < size.y; y++) any |= row(step, y, z, block, size, grid, parameter...);
                    if (++block.x < grid.x) continue;
                    block.x = 0;
                    if (++block.y < grid.y) continue;
                    block.y = 0;
                    block.z++;
                }
                return any;
            }
            template <int... I>
            static STEWARD_UNWATCHED void blocks_with(steward_indices<I...>, const steward_launch *launch,
                                                      unsigned long long first, unsigned long long last,
                                                      void *const *arguments) {
        #if !defined(__clang__)
                if (launch->grid[0] < 1u << 21) {
                    for (unsigned long long step = 0;; step++)
                        if (!loops<true>(launch, first, last, step, *(P *)arguments[I]...) || asks != 2) return;
                }
        #endif
                for (unsigned long long step = 0;; step++)
                    if (!loops<false>(launch, first, last, step, *(P *)arguments[I]...) || asks != 2) return;
            }
            static STEWARD_UNWATCHED void blocks(const steward_launch *launch, unsigned long long first,
                                                 unsigned long long last, void *const *arguments) {
                blocks_with(steward_upto<count>(), launch, first, last, arguments);
            }
            template <int... I>
            static STEWARD_UNWATCHED void thread_with(steward_indices<I...>, const steward_launch *launch,
                                                      const steward_place *place, void *const *arguments) {
                const dim3 grid(launch->grid[0], launch->grid[1], launch->grid[2]);
                const dim3 size(launch->block[0], launch->block[1], launch->block[2]);
                const uint3 thread = {place->thread[0], place->thread[1], place->thread[2]};
                const uint3 block = {place->block[0], place->block[1], place->block[2]};
                if (ambient) threadIdx = thread, blockIdx = block, gridDim = grid, blockDim = size;
                kernel(steward_gate{0, nullptr, 0}, thread, block, size, grid, *(P *)arguments[I]...);
            }
            static STEWARD_UNWATCHED void thread(const steward_launch *launch, const steward_place *place,
                                                 void *const *arguments) {
                thread_with(steward_upto<count>(), launch, place, arguments);
            }
        };
        // The kernel comes last, since the name of a template's instance has commas.
        #define STEWARD_ENTRY(ambient, asks, ...) steward_entry<__VA_ARGS__, ambient, asks>
        #define STEWARD_LOOPS(ambient, asks, ...)                                                                 \
            {#__VA_ARGS__, STEWARD_ENTRY(ambient, asks, __VA_ARGS__)::count,                                      \
             STEWARD_ENTRY(ambient, asks, __VA_ARGS__)::parameters,                                               \
             STEWARD_ENTRY(ambient, asks, __VA_ARGS__)::blocks, nullptr}
        #define STEWARD_FIBERS(ambient, ...)                                                                      \
            {#__VA_ARGS__, STEWARD_ENTRY(ambient, 0, __VA_ARGS__)::count,                                         \
             STEWARD_ENTRY(ambient, 0, __VA_ARGS__)::parameters, nullptr,                                         \
             STEWARD_ENTRY(ambient, 0, __VA_ARGS__)::thread}
        static thread_local char steward_anchor;
        static STEWARD_UNWATCHED char *steward_thread_memory() { return &steward_anchor; }
        #define STEWARD_MODULE(...)                                                                               \
            static const steward_kernel steward_kernels[] = {__VA_ARGS__};                                        \
            extern "C" __attribute__((visibility("default"))) const steward_module steward_module = {             \
                STEWARD_KERNEL_INTERFACE, sizeof steward_kernels / sizeof *steward_kernels, steward_kernels,      \
                &steward_program, steward_thread_memory};
        """#
}
