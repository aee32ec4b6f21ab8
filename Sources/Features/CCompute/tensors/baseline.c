// SSE2 on x86-64, NEON on aarch64: what every such processor has.
#define LANES 4
#define TABLE steward_tensors_baseline
#include "kernels.h"
