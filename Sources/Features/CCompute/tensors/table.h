#ifndef STEWARD_TENSORS_TABLE_H
#define STEWARD_TENSORS_TABLE_H

#include "compute_tensors.h"

// Each kernel works on begin..<end of what can be divided: cells, rows, columns or tasks.

struct tensor_arguments {
    const float *a, *b, *c, *d, *e;
    float *out, *out2, *out3;
    const int32_t *indices;
    const uint32_t *key;
    ptrdiff_t rows, columns, pitch;
    float p, q, r, s;
    int kind, accumulate;
    uint32_t site;
    const struct steward_convolution *convolution;
    const struct steward_attention *attention;
    const struct windows *windows;
};

typedef void (*tensor_kernel)(const struct tensor_arguments *arguments, ptrdiff_t begin, ptrdiff_t end);

struct tensor_table {
    tensor_kernel fill, combine, scale, scale_by, exp, tanh, erf, activate, activate_backward;
    tensor_kernel add_row, sum_rows, softmax, softmax_backward, layer_norm, layer_norm_backward, layer_norm_parameters;
    tensor_kernel cross_entropy, sgd, adamw, sum, sum_squares, attend, attend_backward, copy_rows;
    tensor_kernel convolve, convolve_backward_input, convolve_backward_weight;
};

#if defined(__x86_64__)
extern const struct tensor_table steward_tensors_avx512, steward_tensors_avx2;
#endif
extern const struct tensor_table steward_tensors_baseline;

/// Who works in the scratch memory: a kernel, or the function that calls kernels from the same thread.
enum tensor_scratch { tensor_scratch_kernel, tensor_scratch_caller, tensor_scratch_uses };

/// At least `count` cells, 64-byte aligned, of the calling thread; valid until its next call for the same use.
float *steward_tensor_scratch(enum tensor_scratch use, size_t count);

#endif
