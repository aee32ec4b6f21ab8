// Registers that a call preserves, filled and looked at by hand.

#if defined(__aarch64__)

// x19 to x28 get seed + 1 ... 10, d8 to d15 seed + 11 ... 18; procedure call standard for the Arm 64-bit architecture, 6.1.
#define FILL(number, value) "    add x" #number ", x0, #" #value "\n"
#define FILL_FLOAT(number, value) "    add x9, x0, #" #value "\n    fmov d" #number ", x9\n"
#define LOOK(number, value) "    add x9, x0, #" #value "\n    cmp x" #number ", x9\n    cinc w1, w1, ne\n"
#define LOOK_FLOAT(number, value) \
    "    add x9, x0, #" #value "\n    fmov x10, d" #number "\n    cmp x10, x9\n    cinc w1, w1, ne\n"
#define EACH(each) each(19, 1) each(20, 2) each(21, 3) each(22, 4) each(23, 5) each(24, 6) each(25, 7) each(26, 8) \
    each(27, 9) each(28, 10)
#define EACH_FLOAT(each) each(8, 11) each(9, 12) each(10, 13) each(11, 14) each(12, 15) each(13, 16) each(14, 17) \
    each(15, 18)

__asm__(".text\n.p2align 4\n.globl host_changed_registers\n.type host_changed_registers, %function\n"
        "host_changed_registers:\n"
        "    stp x29, x30, [sp, #-176]!\n"
        "    mov x29, sp\n"
        "    stp x19, x20, [sp, #16]\n    stp x21, x22, [sp, #32]\n    stp x23, x24, [sp, #48]\n"
        "    stp x25, x26, [sp, #64]\n    stp x27, x28, [sp, #80]\n"
        "    stp d8, d9, [sp, #96]\n    stp d10, d11, [sp, #112]\n    stp d12, d13, [sp, #128]\n"
        "    stp d14, d15, [sp, #144]\n    str x0, [sp, #160]\n"
        EACH(FILL) EACH_FLOAT(FILL_FLOAT)
        "    mov w0, #0\n    mov w1, #0\n    mov w2, #7\n    bl steward_barrier\n"
        "    ldr x0, [sp, #160]\n    mov w1, #0\n"
        EACH(LOOK) EACH_FLOAT(LOOK_FLOAT)
        "    mov x9, sp\n    cmp x29, x9\n    cinc w0, w1, ne\n"
        "    ldp x19, x20, [sp, #16]\n    ldp x21, x22, [sp, #32]\n    ldp x23, x24, [sp, #48]\n"
        "    ldp x25, x26, [sp, #64]\n    ldp x27, x28, [sp, #80]\n"
        "    ldp d8, d9, [sp, #96]\n    ldp d10, d11, [sp, #112]\n    ldp d12, d13, [sp, #128]\n"
        "    ldp d14, d15, [sp, #144]\n"
        "    ldp x29, x30, [sp], #176\n    ret\n"
        ".size host_changed_registers, .-host_changed_registers\n");

unsigned long host_float_control(void) {
    unsigned long value;
    __asm__ volatile("mrs %0, fpcr" : "=r"(value));
    return value;
}

void host_set_float_control(unsigned long value) { __asm__ volatile("msr fpcr, %0" : : "r"(value)); }

#elif defined(__x86_64__)

// rbx, rbp and r12 to r15 get seed + 1 ... 6; System V ABI for AMD64, figure 3.4.
#define FILL(register, value) "    leaq " #value "(%rdi), %" #register "\n"
#define LOOK(register, value) \
    "    leaq " #value "(%rdi), %rcx\n    cmpq %rcx, %" #register "\n    setne %dl\n    addl %edx, %eax\n"
#define EACH(each) each(rbx, 1) each(rbp, 2) each(r12, 3) each(r13, 4) each(r14, 5) each(r15, 6)

__asm__(".text\n.p2align 4\n.globl host_changed_registers\n.type host_changed_registers, @function\n"
        "host_changed_registers:\n"
        "    pushq %rbx\n    pushq %rbp\n    pushq %r12\n    pushq %r13\n    pushq %r14\n    pushq %r15\n    pushq %rdi\n"
        EACH(FILL)
        "    xorl %edi, %edi\n    xorl %esi, %esi\n    movl $7, %edx\n    call steward_barrier@PLT\n"
        "    popq %rdi\n    xorl %eax, %eax\n    xorl %edx, %edx\n"
        EACH(LOOK)
        "    popq %r15\n    popq %r14\n    popq %r13\n    popq %r12\n    popq %rbp\n    popq %rbx\n    ret\n"
        ".size host_changed_registers, .-host_changed_registers\n");

unsigned long host_float_control(void) { return __builtin_ia32_stmxcsr() & ~0x3ful; }

void host_set_float_control(unsigned long value) { __builtin_ia32_ldmxcsr((unsigned)value); }

#endif
