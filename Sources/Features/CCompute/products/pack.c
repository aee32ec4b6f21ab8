#include "pack.h"

#include <string.h>

typedef float four __attribute__((vector_size(16)));
typedef float loose_four __attribute__((vector_size(16), aligned(4)));
typedef int four_indices __attribute__((vector_size(16)));

#if defined(__clang__)
#define SHUFFLE(x, y, a, b, c, d) __builtin_shufflevector(x, y, a, b, c, d)
#else
#define SHUFFLE(x, y, a, b, c, d) __builtin_shuffle(x, y, (four_indices){a, b, c, d})
#endif

static void clear_rest(int width, int count, ptrdiff_t steps, float *panel) {
    if (count == width) return;
    for (ptrdiff_t l = 0; l < steps; l++) memset(panel + l * width + count, 0, (size_t)(width - count) * sizeof(float));
}

void steward_pack_along(int width, int count, ptrdiff_t steps, const float *from, ptrdiff_t ld, float *panel) {
    if (count == width && width % 4 == 0) {
        for (ptrdiff_t l = 0; l < steps; l++, from += ld, panel += width)
            for (int i = 0; i < width; i += 4) *(loose_four *)(panel + i) = *(const loose_four *)(from + i);
        return;
    }
    clear_rest(width, count, steps, panel);
    for (ptrdiff_t l = 0; l < steps; l++)
        for (int i = 0; i < count; i++) panel[l * width + i] = from[l * ld + i];
}

/// Four rows of the matrix, which become cells i..<i + 4 of each step.
static void pack_four(int width, ptrdiff_t steps, const float *from, ptrdiff_t ld, float *panel) {
    const float *r0 = from, *r1 = from + ld, *r2 = from + 2 * ld, *r3 = from + 3 * ld;
    ptrdiff_t l = 0;
    for (; l + 4 <= steps; l += 4) {
        four a = *(const loose_four *)(r0 + l), b = *(const loose_four *)(r1 + l);
        four c = *(const loose_four *)(r2 + l), d = *(const loose_four *)(r3 + l);
        four ab_low = SHUFFLE(a, b, 0, 4, 1, 5), ab_high = SHUFFLE(a, b, 2, 6, 3, 7);
        four cd_low = SHUFFLE(c, d, 0, 4, 1, 5), cd_high = SHUFFLE(c, d, 2, 6, 3, 7);
        float *step = panel + l * width;
        *(loose_four *)step = SHUFFLE(ab_low, cd_low, 0, 1, 4, 5);
        *(loose_four *)(step + width) = SHUFFLE(ab_low, cd_low, 2, 3, 6, 7);
        *(loose_four *)(step + 2 * width) = SHUFFLE(ab_high, cd_high, 0, 1, 4, 5);
        *(loose_four *)(step + 3 * width) = SHUFFLE(ab_high, cd_high, 2, 3, 6, 7);
    }
    for (; l < steps; l++) {
        float *step = panel + l * width;
        step[0] = r0[l], step[1] = r1[l], step[2] = r2[l], step[3] = r3[l];
    }
}

void steward_pack_across(int width, int count, ptrdiff_t steps, const float *from, ptrdiff_t ld, float *panel) {
    clear_rest(width, count, steps, panel);
    int i = 0;
    for (; i + 4 <= count; i += 4) pack_four(width, steps, from + i * ld, ld, panel + i);
    if (i == count) return;
    // The last group may lie over the one before.
    if (count >= 4) return pack_four(width, steps, from + (count - 4) * ld, ld, panel + count - 4);
    for (; i < count; i++)
        for (ptrdiff_t l = 0; l < steps; l++) panel[l * width + i] = from[i * ld + l];
}
