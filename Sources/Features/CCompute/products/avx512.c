#include "kernels.h"

#if defined(__x86_64__)

#define WIDTH 16
#define ROWS 14
#define VECTORS 2
#define TARGET __attribute__((target("avx512f,avx512vl,avx512dq,avx512bw,fma")))
#include "tile.h"

INSTANCE(1, 1) INSTANCE(2, 1) INSTANCE(3, 1) INSTANCE(4, 1) INSTANCE(5, 1) INSTANCE(6, 1) INSTANCE(7, 1)
INSTANCE(8, 1) INSTANCE(9, 1) INSTANCE(10, 1) INSTANCE(11, 1) INSTANCE(12, 1) INSTANCE(13, 1) INSTANCE(14, 1)
INSTANCE(1, 2) INSTANCE(2, 2) INSTANCE(3, 2) INSTANCE(4, 2) INSTANCE(5, 2) INSTANCE(6, 2) INSTANCE(7, 2)
INSTANCE(8, 2) INSTANCE(9, 2) INSTANCE(10, 2) INSTANCE(11, 2) INSTANCE(12, 2) INSTANCE(13, 2) INSTANCE(14, 2)

static steward_tile *const tiles[] = {
    tile_1_1, tile_1_2, tile_2_1,  tile_2_2,  tile_3_1,  tile_3_2,  tile_4_1,  tile_4_2,  tile_5_1,  tile_5_2,
    tile_6_1, tile_6_2, tile_7_1,  tile_7_2,  tile_8_1,  tile_8_2,  tile_9_1,  tile_9_2,  tile_10_1, tile_10_2,
    tile_11_1, tile_11_2, tile_12_1, tile_12_2, tile_13_1, tile_13_2, tile_14_1, tile_14_2,
};

static int available(void) {
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("fma");
}

const struct steward_kernels steward_kernels_avx512 = {
    .name = "AVX-512", .rows = ROWS, .columns = VECTORS * WIDTH, .width = WIDTH,
    .depth = 352, .height = 224, .tiles = tiles, .available = available,
    .row = tile_row, .row_columns = row_vectors * WIDTH, .dots = dots,
    .chains = chains, .chain_operations = 2 * chain_count * WIDTH,
};

#else

static int available(void) { return 0; }

const struct steward_kernels steward_kernels_avx512 = {.name = "AVX-512", .available = available};

#endif
