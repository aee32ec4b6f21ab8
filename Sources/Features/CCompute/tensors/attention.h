// Attention, one head of one sequence at a time.

struct head {
    ptrdiff_t length, size, row;
    float scale;
    const float *q, *k, *v;
    ptrdiff_t sequence, column, index;
};

INLINE struct head head_at(const struct tensor_arguments *t, ptrdiff_t task) {
    const struct steward_attention *shape = t->attention;
    struct head h;
    h.length = shape->length;
    h.size = shape->width / shape->heads;
    h.row = 3 * (ptrdiff_t)shape->width;
    h.scale = 1.0f / sqrtf((float)h.size);
    h.sequence = task / shape->heads;
    h.column = task % shape->heads * h.size;
    h.index = task;
    h.q = t->a + h.sequence * h.length * h.row + h.column;
    h.k = h.q + shape->width;
    h.v = h.k + shape->width;
    return h;
}

static void attend(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    for (ptrdiff_t task = begin; task < end; task++) {
        struct head h = head_at(t, task);
        ptrdiff_t n = h.length, width = t->attention->width;
        float *keys = steward_tensor_scratch(tensor_scratch_kernel, (size_t)(n * h.size));
        float *weights = t->out2 + task * n * n, *out = t->out + h.sequence * n * width + h.column;
        transpose(h.k, h.row, keys, n, n, h.size);
        struct panel scores = {h.q, keys, h.row, 1, n, weights, n, h.scale, 0};
        struct panel values = {weights, h.v, n, 1, h.row, out, width, 1, 0};
        for (ptrdiff_t i = 0; i < n; i += 4) {
            ptrdiff_t rows = LEAST(4, n - i), seen = t->attention->causal ? i + rows : n;
            // Whole vectors are computed; what a row may not see is overwritten with zeros below.
            panel_rows(&scores, i, rows, LEAST(n, (seen + LANES - 1) / LANES * LANES), 0, h.size);
            for (ptrdiff_t r = i; r < i + rows; r++) {
                ptrdiff_t count = t->attention->causal ? r + 1 : n;
                row_softmax(weights + r * n, weights + r * n, count);
                memset(weights + r * n + count, 0, (size_t)(n - count) * sizeof(float));
            }
            panel_rows(&values, i, rows, h.size, 0, seen);
        }
    }
}

static void attend_backward(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    for (ptrdiff_t task = begin; task < end; task++) {
        struct head h = head_at(t, task);
        ptrdiff_t n = h.length, width = t->attention->width;
        float *values = steward_tensor_scratch(tensor_scratch_kernel, (size_t)(n * h.size + n * n)), *scores = values + n * h.size;
        const float *weights = t->b + task * n * n, *dout = t->c + h.sequence * n * width + h.column;
        float *dq = t->out + h.sequence * n * h.row + h.column, *dk = dq + width, *dv = dk + width;
        transpose(h.v, h.row, values, n, n, h.size);
        struct panel dweights = {dout, values, width, 1, n, scores, n, 1, 0};
        struct panel queries = {scores, h.k, n, 1, h.row, dq, h.row, h.scale, 0};
        for (ptrdiff_t i = 0; i < n; i += 4) {
            ptrdiff_t rows = LEAST(4, n - i), seen = t->attention->causal ? i + rows : n;
            panel_rows(&dweights, i, rows, LEAST(n, (seen + LANES - 1) / LANES * LANES), 0, h.size);
            for (ptrdiff_t r = i; r < i + rows; r++) {
                const float *w = weights + r * n;
                float *s = scores + r * n, dot = row_dot(w, s, seen);
                for (ptrdiff_t j = 0; j < seen; j += LANES)
                    put(s + j, get(w + j, seen - j) * (get(s + j, seen - j) - dot), seen - j);
            }
            panel_rows(&queries, i, rows, h.size, 0, seen);
        }
        struct panel keys = {scores, h.q, 1, n, h.row, dk, h.row, h.scale, 0};
        struct panel into_values = {weights, dout, 1, n, width, dv, h.row, 1, 0};
        for (ptrdiff_t j = 0; j < n; j += 4) {
            ptrdiff_t rows = LEAST(4, n - j), first = t->attention->causal ? j : 0;
            panel_rows(&keys, j, rows, h.size, first, n);
            panel_rows(&into_values, j, rows, h.size, first, n);
        }
    }
}
