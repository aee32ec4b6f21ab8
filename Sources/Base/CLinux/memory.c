#include "memory.h"

#include <malloc.h>

void clinux_share_heaps(int most) { mallopt(M_ARENA_MAX, most); }

void clinux_return_memory(void) { malloc_trim(0); }
