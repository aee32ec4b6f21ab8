#if defined(__x86_64__)
// Headers first: what they declare is not for this instruction set.
#include <math.h>
#include <string.h>

#include "table.h"

#define LANES 8
#define TABLE steward_tensors_avx2
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#include "kernels.h"
#pragma clang attribute pop
#endif
