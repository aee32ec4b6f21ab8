#ifndef STEWARD_COMPUTE_PACK_H
#define STEWARD_COMPUTE_PACK_H

#include <stddef.h>

/// Lays a panel down step by step, `width` cells a step, of which the first `count` come from the matrix and the others
/// are 0: panel[l * width + i] = from[l * ld + i].
void steward_pack_along(int width, int count, ptrdiff_t steps, const float *from, ptrdiff_t ld, float *panel);

/// The same from the transposed matrix: panel[l * width + i] = from[i * ld + l].
void steward_pack_across(int width, int count, ptrdiff_t steps, const float *from, ptrdiff_t ld, float *panel);

#endif
