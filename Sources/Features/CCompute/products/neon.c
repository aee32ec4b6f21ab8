#include "kernels.h"

#if defined(__aarch64__)

#define WIDTH 4
#define ROWS 8
#define VECTORS 3
#define TARGET
#include "tile.h"

INSTANCE(1, 1) INSTANCE(2, 1) INSTANCE(3, 1) INSTANCE(4, 1) INSTANCE(5, 1) INSTANCE(6, 1) INSTANCE(7, 1) INSTANCE(8, 1)
INSTANCE(1, 2) INSTANCE(2, 2) INSTANCE(3, 2) INSTANCE(4, 2) INSTANCE(5, 2) INSTANCE(6, 2) INSTANCE(7, 2) INSTANCE(8, 2)
INSTANCE(1, 3) INSTANCE(2, 3) INSTANCE(3, 3) INSTANCE(4, 3) INSTANCE(5, 3) INSTANCE(6, 3) INSTANCE(7, 3) INSTANCE(8, 3)

static steward_tile *const tiles[] = {
    tile_1_1, tile_1_2, tile_1_3, tile_2_1, tile_2_2, tile_2_3,
    tile_3_1, tile_3_2, tile_3_3, tile_4_1, tile_4_2, tile_4_3,
    tile_5_1, tile_5_2, tile_5_3, tile_6_1, tile_6_2, tile_6_3,
    tile_7_1, tile_7_2, tile_7_3, tile_8_1, tile_8_2, tile_8_3,
};

static int available(void) { return 1; }

const struct steward_kernels steward_kernels_neon = {
    .name = "NEON", .rows = ROWS, .columns = VECTORS * WIDTH, .width = WIDTH,
    .depth = 256, .height = 128, .tiles = tiles, .available = available,
    .row = tile_row, .row_columns = row_vectors * WIDTH, .dots = dots,
    .chains = chains, .chain_operations = 2 * chain_count * WIDTH,
};

#else

static int available(void) { return 0; }

const struct steward_kernels steward_kernels_neon = {.name = "NEON", .available = available};

#endif
