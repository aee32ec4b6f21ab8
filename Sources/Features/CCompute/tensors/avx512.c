#if defined(__x86_64__)
// Headers first: what they declare is not for this instruction set.
#include <math.h>
#include <string.h>

#include "table.h"

#define LANES 16
#define TABLE steward_tensors_avx512
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma"))), apply_to = function)
#include "kernels.h"
#pragma clang attribute pop
#endif
