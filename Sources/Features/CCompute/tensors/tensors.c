#include "compute_tensors.h"
