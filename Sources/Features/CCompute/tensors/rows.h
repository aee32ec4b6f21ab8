// Kernels row by row, and sums over rows.

static void copy_rows(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    ptrdiff_t x_pitch = t->rows, y_pitch = t->pitch;
    for (ptrdiff_t r = begin; r < end; r++) {
        const float *x = t->a + r * x_pitch;
        float *y = t->out + r * y_pitch;
        for (ptrdiff_t i = 0; i < t->columns; i += LANES) {
            ptrdiff_t left = t->columns - i;
            put(y + i, t->accumulate ? get(y + i, left) + get(x + i, left) : get(x + i, left), left);
        }
    }
}

static void add_row(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    for (ptrdiff_t r = begin; r < end; r++) {
        const float *x = t->a + r * t->columns;
        float *y = t->out + r * t->columns;
        for (ptrdiff_t i = 0; i < t->columns; i += LANES) {
            ptrdiff_t left = t->columns - i;
            put(y + i, get(x + i, left) + get(t->b + i, left), left);
        }
    }
}

// Columns begin..<end, which another thread doesn't touch.
static void sum_rows(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    EACH(i) {
        ptrdiff_t left = end - i;
        vec sum = all(0);
        for (ptrdiff_t r = 0; r < t->rows; r++) sum = sum + get(t->a + r * t->columns + i, left);
        put(t->out + i, t->accumulate ? get(t->out + i, left) + sum : sum, left);
    }
}

INLINE float row_largest(const float *x, ptrdiff_t count) {
    vec top = all(-INFINITY);
    ptrdiff_t i = 0;
    for (; i + LANES <= count; i += LANES) top = larger(load(x + i), top);
    float largest = largest_of(top);
    for (; i < count; i++) largest = x[i] > largest ? x[i] : largest;
    return largest;
}

/// y = e^(x - largest); returns the sum.
INLINE float row_exp(const float *x, float *y, ptrdiff_t count, float largest) {
    vec sum = all(0);
    ptrdiff_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        vec e = vexp(load(x + i) - largest);
        store(y + i, e);
        sum = sum + e;
    }
    float rest = 0;
    if (i < count) {
        vec e = vexp(get(x + i, count - i) - largest);
        put(y + i, e, count - i);
        for (ptrdiff_t j = i; j < count; j++) rest += y[j];
    }
    return sum_of(sum) + rest;
}

INLINE void row_scale(float *y, ptrdiff_t count, float factor) {
    for (ptrdiff_t i = 0; i < count; i += LANES) put(y + i, get(y + i, count - i) * factor, count - i);
}

INLINE float row_dot(const float *x, const float *y, ptrdiff_t count) {
    vec sum = all(0);
    for (ptrdiff_t i = 0; i < count; i += LANES) sum = sum + get(x + i, count - i) * get(y + i, count - i);
    return sum_of(sum);
}

INLINE void row_softmax(const float *x, float *y, ptrdiff_t count) {
    float sum = row_exp(x, y, count, row_largest(x, count));
    row_scale(y, count, 1.0f / sum);
}

static void softmax(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    for (ptrdiff_t r = begin; r < end; r++) row_softmax(t->a + r * t->columns, t->out + r * t->columns, t->columns);
}

static void softmax_backward(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    for (ptrdiff_t r = begin; r < end; r++) {
        const float *y = t->a + r * t->columns, *dy = t->b + r * t->columns;
        float *dx = t->out + r * t->columns, dot = row_dot(y, dy, t->columns);
        for (ptrdiff_t i = 0; i < t->columns; i += LANES) {
            ptrdiff_t left = t->columns - i;
            put(dx + i, get(y + i, left) * (get(dy + i, left) - dot), left);
        }
    }
}

static void layer_norm(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    ptrdiff_t n = t->columns;
    for (ptrdiff_t r = begin; r < end; r++) {
        const float *x = t->a + r * n;
        float *y = t->out + r * n;
        vec sum = all(0);
        for (ptrdiff_t i = 0; i < n; i += LANES) sum = sum + get(x + i, n - i);
        float mean = sum_of(sum) / (float)n, squares = 0;
        vec part = all(0);
        ptrdiff_t i = 0;
        for (; i + LANES <= n; i += LANES) {
            vec d = load(x + i) - mean;
            part = part + d * d;
        }
        for (; i < n; i++) squares += (x[i] - mean) * (x[i] - mean);
        float inverse = 1.0f / sqrtf((sum_of(part) + squares) / (float)n + t->p);
        t->out2[r] = mean;
        t->out3[r] = inverse;
        for (i = 0; i < n; i += LANES) {
            vec normal = (get(x + i, n - i) - mean) * inverse;
            put(y + i, normal * get(t->b + i, n - i) + get(t->c + i, n - i), n - i);
        }
    }
}

static void layer_norm_backward(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    ptrdiff_t n = t->columns;
    for (ptrdiff_t r = begin; r < end; r++) {
        const float *x = t->a + r * n, *dy = t->e + r * n, *weight = t->b;
        float *dx = t->out + r * n, mean = t->c[r], inverse = t->d[r];
        vec sum = all(0), dot = all(0);
        for (ptrdiff_t i = 0; i < n; i += LANES) {
            vec g = get(dy + i, n - i) * get(weight + i, n - i);
            sum = sum + g;
            dot = dot + g * ((get(x + i, n - i) - mean) * inverse);
        }
        float average = sum_of(sum) / (float)n, along = sum_of(dot) / (float)n;
        for (ptrdiff_t i = 0; i < n; i += LANES) {
            ptrdiff_t left = n - i;
            vec normal = (get(x + i, left) - mean) * inverse;
            vec d = (get(dy + i, left) * get(weight + i, left) - average - normal * along) * inverse;
            put(dx + i, t->accumulate ? get(dx + i, left) + d : d, left);
        }
    }
}

static void layer_norm_parameters(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    EACH(i) {
        ptrdiff_t left = end - i, n = t->columns;
        vec weight = all(0), bias = all(0);
        for (ptrdiff_t r = 0; r < t->rows; r++) {
            vec dy = get(t->e + r * n + i, left);
            weight = weight + dy * ((get(t->a + r * n + i, left) - t->c[r]) * t->d[r]);
            bias = bias + dy;
        }
        put(t->out + i, t->accumulate ? get(t->out + i, left) + weight : weight, left);
        put(t->out2 + i, t->accumulate ? get(t->out2 + i, left) + bias : bias, left);
    }
}

static void cross_entropy(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    ptrdiff_t n = t->columns;
    for (ptrdiff_t r = begin; r < end; r++) {
        const float *x = t->a + r * n;
        float *gradient = t->out2 + r * n;
        int32_t target = t->indices[r];
        float largest = row_largest(x, n), sum = row_exp(x, gradient, n, largest);
        t->out[r] = logf(sum) - (x[target] - largest);
        row_scale(gradient, n, 1.0f / (sum * (float)t->rows));
        gradient[target] -= 1.0f / (float)t->rows;
    }
}
