#include "kernels.h"

#if defined(__x86_64__)

#define WIDTH 8
#define ROWS 6
#define VECTORS 2
#define TARGET __attribute__((target("avx2,fma")))
#include "tile.h"

INSTANCE(1, 1) INSTANCE(2, 1) INSTANCE(3, 1) INSTANCE(4, 1) INSTANCE(5, 1) INSTANCE(6, 1)
INSTANCE(1, 2) INSTANCE(2, 2) INSTANCE(3, 2) INSTANCE(4, 2) INSTANCE(5, 2) INSTANCE(6, 2)

static steward_tile *const tiles[] = {
    tile_1_1, tile_1_2, tile_2_1, tile_2_2, tile_3_1, tile_3_2,
    tile_4_1, tile_4_2, tile_5_1, tile_5_2, tile_6_1, tile_6_2,
};

static int available(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }

const struct steward_kernels steward_kernels_avx2 = {
    .name = "AVX2", .rows = ROWS, .columns = VECTORS * WIDTH, .width = WIDTH,
    .depth = 256, .height = 192, .tiles = tiles, .available = available,
    .row = tile_row, .row_columns = row_vectors * WIDTH, .dots = dots,
    .chains = chains, .chain_operations = 2 * chain_count * WIDTH,
};

#else

static int available(void) { return 0; }

const struct steward_kernels steward_kernels_avx2 = {.name = "AVX2", .available = available};

#endif
