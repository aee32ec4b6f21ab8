#include "spread.h"

// Philox 4x32-10 (Salmon et al., "Parallel Random Numbers: As Easy as 1, 2, 3", 2011).
static void philox(uint32_t c[4], uint32_t k0, uint32_t k1) {
    for (int round = 0; round < 10; round++, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
        uint64_t a = (uint64_t)0xD2511F53u * c[0], b = (uint64_t)0xCD9E8D57u * c[2];
        uint32_t first = (uint32_t)(b >> 32) ^ c[1] ^ k0, third = (uint32_t)(a >> 32) ^ c[3] ^ k1;
        c[0] = first;
        c[1] = (uint32_t)b;
        c[2] = third;
        c[3] = (uint32_t)a;
    }
}

// Fours of cells begin..<end.
static void dropout(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    float factor = 1.0f / (1.0f - t->p);
    for (ptrdiff_t four = begin; four < end; four++) {
        uint32_t c[4] = {(uint32_t)four, t->site, t->key[2], t->key[3]};
        philox(c, t->key[0], t->key[1]);
        for (ptrdiff_t i = 0; i < 4 && four * 4 + i < t->columns; i++) {
            float chance = (float)(c[i] >> 8) * 0x1p-24f;
            t->out[four * 4 + i] = chance < t->p ? 0 : t->a[four * 4 + i] * factor;
        }
    }
}

void steward_tensor_dropout(const float *x, float *y, ptrdiff_t count, float probability, uint32_t site,
                            const uint32_t *key) {
    struct tensor_arguments t = {.a = x, .out = y, .columns = count, .p = probability, .site = site, .key = key};
    steward_tensor_spread(dropout, &t, (count + 3) / 4, CELLS / 16);
}
