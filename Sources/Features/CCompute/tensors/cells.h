// Kernels cell by cell.

#define EACH(i) for (ptrdiff_t i = begin; i < end; i += LANES)

static void fill(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    EACH(i) put(t->out + i, all(t->p), end - i);
}

static void combine(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    EACH(i) {
        vec a = get(t->a + i, end - i), b = get(t->b + i, end - i);
        put(t->out + i, t->kind == steward_add ? a + b : t->kind == steward_subtract ? a - b : a * b, end - i);
    }
}

static void scale(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    EACH(i) {
        vec y = t->p * get(t->a + i, end - i);
        put(t->out + i, t->accumulate ? get(t->out + i, end - i) + y : y, end - i);
    }
}

static void scale_by(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    EACH(i) put(t->out + i, t->b[0] * get(t->a + i, end - i), end - i);
}

static void map_exp(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    EACH(i) put(t->out + i, vexp(get(t->a + i, end - i)), end - i);
}

static void map_tanh(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    EACH(i) put(t->out + i, vtanh(get(t->a + i, end - i)), end - i);
}

static void map_erf(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    EACH(i) put(t->out + i, verf(get(t->a + i, end - i)), end - i);
}

// sqrt(2 / pi), and the cubic term of the tanh form of GELU.
#define GELU_SCALE 0.7978845608028654f
#define GELU_CUBIC 0.044715f
#define SQRT_HALF 0.7071067811865476f
// 1 / sqrt(2 pi)
#define DENSITY 0.3989422804014327f

INLINE vec activated(int kind, vec x) {
    // What is no number stays none.
    if (kind == steward_relu) return choose(x <= 0.0f, all(0), x);
    if (kind == steward_gelu_tanh)
        return 0.5f * x * (1.0f + vtanh(GELU_SCALE * (x + GELU_CUBIC * x * x * x)));
    return 0.5f * x * (1.0f + verf(x * SQRT_HALF));
}

INLINE vec slope(int kind, vec x) {
    if (kind == steward_relu) return choose(x > 0.0f, all(1), all(0));
    if (kind == steward_gelu_tanh) {
        vec t = vtanh(GELU_SCALE * (x + GELU_CUBIC * x * x * x));
        return 0.5f * (1.0f + t) + 0.5f * x * (1.0f - t * t) * GELU_SCALE * (1.0f + 3.0f * GELU_CUBIC * x * x);
    }
    return 0.5f * (1.0f + verf(x * SQRT_HALF)) + x * DENSITY * vexp(-0.5f * x * x);
}

static void activate(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    EACH(i) put(t->out + i, activated(t->kind, get(t->a + i, end - i)), end - i);
}

static void activate_backward(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    EACH(i) put(t->out + i, get(t->b + i, end - i) * slope(t->kind, get(t->a + i, end - i)), end - i);
}

static void sgd(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    float rate = t->c[0], clip = t->d[0];
    EACH(i) {
        vec p = get(t->out + i, end - i), g = get(t->a + i, end - i) * clip;
        g = g + t->q * p;
        if (t->out2) {
            g = t->p * get(t->out2 + i, end - i) + g;
            put(t->out2 + i, g, end - i);
        }
        put(t->out + i, p - rate * g, end - i);
    }
}

static void adamw(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    float rate = t->c[0], size = rate / t->c[1], root = t->c[2], clip = t->d[0], keep = 1.0f - rate * t->s;
    EACH(i) {
        vec g = get(t->a + i, end - i) * clip, p = get(t->out + i, end - i) * keep;
        vec m = get(t->out2 + i, end - i), v = get(t->out3 + i, end - i);
        m = m + (1.0f - t->p) * (g - m);
        v = t->q * v + (1.0f - t->q) * (g * g);
        put(t->out2 + i, m, end - i);
        put(t->out3 + i, v, end - i);
        put(t->out + i, p - size * (m / (vsqrt(v) / root + t->r)), end - i);
    }
}

// One block's sum; blocks have a fixed size, so that the order of additions doesn't depend on the threads.
INLINE void block_sum(const struct tensor_arguments *t, ptrdiff_t block, int squares) {
    ptrdiff_t begin = block * t->rows, end = begin + t->rows < t->columns ? begin + t->rows : t->columns;
    vec sum = all(0);
    EACH(i) {
        vec x = get(t->a + i, end - i);
        sum = sum + (squares ? x * x : x);
    }
    t->out[block] = sum_of(sum);
}

static void sum(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    for (ptrdiff_t block = begin; block < end; block++) block_sum(t, block, 0);
}

static void sum_squares(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    for (ptrdiff_t block = begin; block < end; block++) block_sum(t, block, 1);
}
