#include "compute_fibers.h"
