#define _GNU_SOURCE
#include "assembler.h"

static place emit(struct assembler *out, uint16_t code, uint32_t value, uint8_t then, uint8_t otherwise) {
  if (out->start == 0) {
    out->overflow = 1;
    return 0;
  }
  out->code[--out->start] = (struct sock_filter){.code = code, .jt = then, .jf = otherwise, .k = value};
  return out->start;
}

/* Makes the next instruction fall through to `next`. */
static void follow_with(struct assembler *out, place next) {
  if (next != out->start) emit(out, BPF_JMP | BPF_JA, (uint32_t)(next - out->start), 0, 0);
}

/* A place within reach of a conditional jump, which has 8 bits. */
static place within_reach(struct assembler *out, place target) {
  if (target - out->start < 254) return target;
  return emit(out, BPF_JMP | BPF_JA, (uint32_t)(target - out->start), 0, 0);
}

place bpf_return(struct assembler *out, uint32_t answer) { return emit(out, BPF_RET | BPF_K, answer, 0, 0); }

place bpf_load(struct assembler *out, size_t offset, place next) {
  follow_with(out, next);
  return emit(out, BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset, 0, 0);
}

place bpf_mask(struct assembler *out, uint32_t bits, place next) {
  follow_with(out, next);
  return emit(out, BPF_ALU | BPF_AND | BPF_K, bits, 0, 0);
}

place bpf_branch(struct assembler *out, int operation, uint32_t value, place then, place otherwise) {
  then = within_reach(out, then);
  otherwise = within_reach(out, otherwise);
  return emit(out, (uint16_t)(BPF_JMP | operation | BPF_K), value, (uint8_t)(then - out->start),
              (uint8_t)(otherwise - out->start));
}
