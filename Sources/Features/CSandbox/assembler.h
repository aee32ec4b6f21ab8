/* Classic BPF written from its end: what is jumped to exists already, so every distance is known when a jump is written. */
#pragma once

#include <linux/filter.h>
#include <stddef.h>
#include <stdint.h>

/* An instruction's place. */
typedef size_t place;

struct assembler {
  struct sock_filter *code;
  /* The first instruction so far; code is written downwards to 0. */
  place start;
  /* There was too little room; what was written is worth nothing. */
  int overflow;
};

/* Ends the filter with this answer. */
place bpf_return(struct assembler *out, uint32_t answer);

/* Loads a word of struct seccomp_data and goes on at `next`. */
place bpf_load(struct assembler *out, size_t offset, place next);

/* Keeps only these bits and goes on at `next`. */
place bpf_mask(struct assembler *out, uint32_t bits, place next);

/* `operation` is BPF_JEQ, BPF_JGE, BPF_JGT or BPF_JSET. */
place bpf_branch(struct assembler *out, int operation, uint32_t value, place then, place otherwise);
