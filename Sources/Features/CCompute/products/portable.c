#define WIDTH 4
#define ROWS 4
#define VECTORS 2
#define TARGET
#include "tile.h"

INSTANCE(1, 1) INSTANCE(2, 1) INSTANCE(3, 1) INSTANCE(4, 1)
INSTANCE(1, 2) INSTANCE(2, 2) INSTANCE(3, 2) INSTANCE(4, 2)

static steward_tile *const tiles[] = {
    tile_1_1, tile_1_2, tile_2_1, tile_2_2, tile_3_1, tile_3_2, tile_4_1, tile_4_2,
};

static int available(void) { return 1; }

const struct steward_kernels steward_kernels_portable = {
    .name = "portable", .rows = ROWS, .columns = VECTORS * WIDTH, .width = WIDTH,
    .depth = 256, .height = 96, .tiles = tiles, .available = available,
    .row = tile_row, .row_columns = row_vectors * WIDTH, .dots = dots,
    .chains = chains, .chain_operations = 2 * chain_count * WIDTH,
};
