extension KernelShim {
    /// Shared memory is thread-local storage of the object, which `__tls_get_addr` finds. LLVM takes that call to leave
    /// xmm16 to xmm31 and the mask registers alone; glibc's first one in a thread allocates, and clears with just
    /// those. So clang's objects are linked with `--wrap=__tls_get_addr` to this, which keeps them.
    static let storage = #"""
        #if defined(__clang__) && defined(__x86_64__)
        #if defined(__AVX512F__) && defined(__AVX512BW__)
        #define STEWARD_KEPT_MASKS(op, from, to) \
            op " " from(0) "," to(0) "\n" op " " from(1) "," to(1) "\n" op " " from(2) "," to(2) "\n" \
            op " " from(3) "," to(3) "\n" op " " from(4) "," to(4) "\n" op " " from(5) "," to(5) "\n" \
            op " " from(6) "," to(6) "\n" op " " from(7) "," to(7) "\n"
        #define STEWARD_MASK(number) "%k" #number
        #define STEWARD_MASK_PLACE(number) "1024+8*" #number "(%rsp)"
        #define STEWARD_VECTOR(number) "%zmm" #number
        #define STEWARD_VECTOR_PLACE(number) "64*(" #number "-16)(%rsp)"
        #define STEWARD_KEPT_VECTORS(from, to) \
            "vmovups " from(16) "," to(16) "\n" "vmovups " from(17) "," to(17) "\n" \
            "vmovups " from(18) "," to(18) "\n" "vmovups " from(19) "," to(19) "\n" \
            "vmovups " from(20) "," to(20) "\n" "vmovups " from(21) "," to(21) "\n" \
            "vmovups " from(22) "," to(22) "\n" "vmovups " from(23) "," to(23) "\n" \
            "vmovups " from(24) "," to(24) "\n" "vmovups " from(25) "," to(25) "\n" \
            "vmovups " from(26) "," to(26) "\n" "vmovups " from(27) "," to(27) "\n" \
            "vmovups " from(28) "," to(28) "\n" "vmovups " from(29) "," to(29) "\n" \
            "vmovups " from(30) "," to(30) "\n" "vmovups " from(31) "," to(31) "\n"
        #define STEWARD_FIND_STORAGE                                                                                   \
            "pushq %rbp\nmovq %rsp, %rbp\nandq $-64, %rsp\nsubq $1088, %rsp\n"                                     \
            STEWARD_KEPT_VECTORS(STEWARD_VECTOR, STEWARD_VECTOR_PLACE)                                               \
            STEWARD_KEPT_MASKS("kmovq", STEWARD_MASK, STEWARD_MASK_PLACE)                                            \
            "call __real___tls_get_addr@PLT\n"                                                                        \
            STEWARD_KEPT_VECTORS(STEWARD_VECTOR_PLACE, STEWARD_VECTOR)                                               \
            STEWARD_KEPT_MASKS("kmovq", STEWARD_MASK_PLACE, STEWARD_MASK)                                            \
            "movq %rbp, %rsp\npopq %rbp\nret\n"
        #else
        #define STEWARD_FIND_STORAGE "jmp __real___tls_get_addr@PLT\n"
        #endif
        __asm__(".text\n.p2align 4\n.globl __wrap___tls_get_addr\n.hidden __wrap___tls_get_addr\n"
                ".type __wrap___tls_get_addr, @function\n__wrap___tls_get_addr:\n" STEWARD_FIND_STORAGE
                ".size __wrap___tls_get_addr, . - __wrap___tls_get_addr\n");
        #endif
        """#
}
