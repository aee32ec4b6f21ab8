#ifndef STEWARD_COMPUTE_TENSORS_H
#define STEWARD_COMPUTE_TENSORS_H

#include <stddef.h>
#include <stdint.h>

// What training needs beside matrix products. All on fp32 cells, row by row, on steward_threads() threads; results
// don't depend on how many those are. Where `accumulate` is nonzero the result is added to what is there.

/// The instruction set that is used: "AVX-512", "AVX2", "baseline".
const char *steward_tensor_instructions(void);

/// Uses at most this instruction set (2: AVX-512, 1: AVX2, 0: baseline); for tests. Returns the one in use.
int steward_tensor_limit_instructions(int level);

enum steward_combination { steward_add, steward_subtract, steward_multiply };
enum steward_activation { steward_relu, steward_gelu_tanh, steward_gelu_erf };

void steward_tensor_fill(float *x, float value, ptrdiff_t count);
/// out = a op b
void steward_tensor_combine(int op, const float *a, const float *b, float *out, ptrdiff_t count);
/// y = s x, or y += s x
void steward_tensor_scale(const float *x, float s, float *y, ptrdiff_t count, int accumulate);
/// y = s[0] x: the factor lies in memory.
void steward_tensor_scale_by(const float *x, const float *s, float *y, ptrdiff_t count);

void steward_tensor_exp(const float *x, float *y, ptrdiff_t count);
void steward_tensor_tanh(const float *x, float *y, ptrdiff_t count);
void steward_tensor_erf(const float *x, float *y, ptrdiff_t count);
void steward_tensor_activate(int kind, const float *x, float *y, ptrdiff_t count);
/// dx = f'(x) dy
void steward_tensor_activate_backward(int kind, const float *x, const float *dy, float *dx, ptrdiff_t count);

/// out[r, c] = x[r, c] + row[c]; out may be x.
void steward_tensor_add_row(const float *x, const float *row, float *out, ptrdiff_t rows, ptrdiff_t columns);
/// out[c] = sum over r of x[r, c]
void steward_tensor_sum_rows(const float *x, float *out, ptrdiff_t rows, ptrdiff_t columns, int accumulate);

void steward_tensor_softmax(const float *x, float *y, ptrdiff_t rows, ptrdiff_t columns);
/// dx = y (dy - sum(y dy)) for each row
void steward_tensor_softmax_backward(const float *y, const float *dy, float *dx, ptrdiff_t rows, ptrdiff_t columns);

/// y = (x - mean) / sqrt(variance + epsilon) * weight + bias; keeps mean and 1 / sqrt(...) of each row.
void steward_tensor_layer_norm(const float *x, const float *weight, const float *bias, float *y, float *mean,
                               float *inverse, ptrdiff_t rows, ptrdiff_t columns, float epsilon);
void steward_tensor_layer_norm_backward(const float *x, const float *weight, const float *mean, const float *inverse,
                                        const float *dy, float *dx, ptrdiff_t rows, ptrdiff_t columns,
                                        int accumulate);
/// dweight[c] = sum of dy (x - mean) inverse, dbias[c] = sum of dy
void steward_tensor_layer_norm_parameters(const float *x, const float *mean, const float *inverse, const float *dy,
                                          float *dweight, float *dbias, ptrdiff_t rows, ptrdiff_t columns,
                                          int accumulate);

/// losses[r] = -log softmax(logits[r])[targets[r]]; gradient = (softmax - one hot) / rows.
void steward_tensor_cross_entropy(const float *logits, const int32_t *targets, float *losses, float *gradient,
                                  ptrdiff_t rows, ptrdiff_t columns);

void steward_tensor_embed(const float *table, const int32_t *indices, float *out, ptrdiff_t rows, ptrdiff_t columns);
/// dtable[v] = sum of dy[r] over the rows whose index is v, in their order
void steward_tensor_embed_backward(const float *dy, const int32_t *indices, float *dtable, ptrdiff_t rows,
                                   ptrdiff_t columns, ptrdiff_t vocabulary, int accumulate);

/// Inverted dropout: what stays is divided by 1 - probability. Which cells stay follows from the key (Philox 4x32-10 of
/// {cell / 4, site, key[2], key[3]} under {key[0], key[1]}), so the backward pass makes the same choice.
void steward_tensor_dropout(const float *x, float *y, ptrdiff_t count, float probability, uint32_t site,
                            const uint32_t *key);

/// out[0] = factor * sum of x, added up in double in blocks of a fixed size
void steward_tensor_sum(const float *x, ptrdiff_t count, float factor, float *out);
/// out[0] = sum of x squared
void steward_tensor_sum_squares(const float *x, ptrdiff_t count, float *out);

/// rates[0]: learning rate; g is first multiplied by clip[0].
/// g += decay p; velocity = momentum velocity + g; p -= rate velocity.
void steward_tensor_sgd(float *p, const float *g, float *velocity, ptrdiff_t count, const float *rates,
                        const float *clip, float momentum, float decay);
/// rates: learning rate, 1 - beta1^t, sqrt(1 - beta2^t)
void steward_tensor_adamw(float *p, const float *g, float *first, float *second, ptrdiff_t count, const float *rates,
                          const float *clip, float beta1, float beta2, float epsilon, float decay);

/// out = x with its four dimensions in the order `axes`.
void steward_tensor_permute(const float *x, float *out, const ptrdiff_t dimensions[4], const int axes[4]);
/// Copies (or adds) rows of a matrix with one pitch to one with another.
void steward_tensor_copy_rows(const float *x, ptrdiff_t x_pitch, float *y, ptrdiff_t y_pitch, ptrdiff_t rows,
                              ptrdiff_t columns, int accumulate);

/// Images are [batch, channels, height, width]; kernels [out channels, channels, kernel, kernel].
struct steward_convolution {
    int batch, channels, height, width, out_channels, kernel, stride, padding, out_height, out_width;
};
void steward_tensor_convolve(const struct steward_convolution *shape, const float *x, const float *weight,
                             const float *bias, float *y);
void steward_tensor_convolve_backward_input(const struct steward_convolution *shape, const float *dy,
                                            const float *weight, float *dx);
/// dbias may be NULL.
void steward_tensor_convolve_backward_weight(const struct steward_convolution *shape, const float *x, const float *dy,
                                             float *dweight, float *dbias, int accumulate);

/// Windows of kernel x kernel cells without padding; `places` keeps which cell of the plane was the largest.
void steward_tensor_max_pool(const float *x, float *y, int32_t *places, ptrdiff_t planes, int height, int width,
                             int kernel, int stride, int out_height, int out_width);
void steward_tensor_max_pool_backward(const float *dy, const int32_t *places, float *dx, ptrdiff_t planes,
                                      ptrdiff_t in_cells, ptrdiff_t out_cells);

/// Attention of several heads. qkv is [batch, length, 3 width] (queries, keys, values), out [batch, length, width],
/// weights [batch, heads, length, length]. With causal, a place looks at itself and what is before it.
struct steward_attention {
    int batch, length, heads, width, causal;
};
void steward_tensor_attend(const struct steward_attention *shape, const float *qkv, float *weights, float *out);
void steward_tensor_attend_backward(const struct steward_attention *shape, const float *qkv, const float *weights,
                                    const float *dout, float *dqkv);

#endif
