// Convolution: for each image its patches as a matrix (im2col), then a product that stays in the cache.

INLINE ptrdiff_t patch_cells(const struct steward_convolution *s) {
    return (ptrdiff_t)s->channels * s->kernel * s->kernel;
}
INLINE ptrdiff_t places(const struct steward_convolution *s) { return (ptrdiff_t)s->out_height * s->out_width; }

/// The first output column whose input column lies inside for this offset, and the one after the last.
INLINE void inside(const struct steward_convolution *s, int offset, int *first, int *last) {
    int low = s->padding - offset, high = s->width + s->padding - offset;
    *first = low <= 0 ? 0 : LEAST((low + s->stride - 1) / s->stride, s->out_width);
    *last = high <= 0 ? 0 : LEAST((high + s->stride - 1) / s->stride, s->out_width);
    if (*last < *first) *last = *first;
}

/// Row (channel, dy, dx) of `patches` has that cell of every place's patch; zeros outside the image.
static void unfold(const struct steward_convolution *s, const float *image, float *patches) {
    for (int c = 0; c < s->channels; c++)
        for (int ky = 0; ky < s->kernel; ky++)
            for (int kx = 0; kx < s->kernel; kx++, patches += places(s)) {
                int first, last;
                inside(s, kx, &first, &last);
                for (int y = 0; y < s->out_height; y++) {
                    float *row = patches + (ptrdiff_t)y * s->out_width;
                    int from = y * s->stride + ky - s->padding;
                    if (from < 0 || from >= s->height) {
                        memset(row, 0, (size_t)s->out_width * sizeof(float));
                        continue;
                    }
                    const float *source = image + ((ptrdiff_t)c * s->height + from) * s->width + kx - s->padding;
                    for (int x = 0; x < first; x++) row[x] = 0;
                    if (s->stride == 1) {
                        memcpy(row + first, source + first, (size_t)(last - first) * sizeof(float));
                    } else {
                        for (int x = first; x < last; x++) row[x] = source[x * s->stride];
                    }
                    for (int x = last; x < s->out_width; x++) row[x] = 0;
                }
            }
}

/// Adds every patch's cells to the image's: the reverse of unfold.
static void fold(const struct steward_convolution *s, const float *patches, float *image) {
    for (int c = 0; c < s->channels; c++)
        for (int ky = 0; ky < s->kernel; ky++)
            for (int kx = 0; kx < s->kernel; kx++, patches += places(s)) {
                int first, last;
                inside(s, kx, &first, &last);
                for (int y = 0; y < s->out_height; y++) {
                    int from = y * s->stride + ky - s->padding;
                    if (from < 0 || from >= s->height) continue;
                    const float *row = patches + (ptrdiff_t)y * s->out_width;
                    float *target = image + ((ptrdiff_t)c * s->height + from) * s->width + kx - s->padding;
                    for (int x = first; x < last; x++) target[x * s->stride] += row[x];
                }
            }
}

static void convolve(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    const struct steward_convolution *s = t->convolution;
    ptrdiff_t depth = patch_cells(s), count = places(s);
    float *patches = steward_tensor_scratch(tensor_scratch_kernel, (size_t)(depth * count));
    for (ptrdiff_t image = begin; image < end; image++) {
        float *y = t->out + image * s->out_channels * count;
        unfold(s, t->a + image * s->channels * s->height * s->width, patches);
        for (int o = 0; o < s->out_channels; o++)
            for (ptrdiff_t i = 0; i < count; i++) y[o * count + i] = t->c ? t->c[o] : 0;
        struct panel product = {t->b, patches, depth, 1, count, y, count, 1, 1};
        panel_product(&product, s->out_channels, count, depth);
    }
}

static void convolve_backward_input(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    const struct steward_convolution *s = t->convolution;
    ptrdiff_t depth = patch_cells(s), count = places(s), cells = (ptrdiff_t)s->channels * s->height * s->width;
    float *patches = steward_tensor_scratch(tensor_scratch_kernel, (size_t)(depth * count));
    for (ptrdiff_t image = begin; image < end; image++) {
        const float *dy = t->a + image * s->out_channels * count;
        struct panel product = {t->b, dy, 1, depth, count, patches, count, 1, 0};
        panel_product(&product, depth, count, s->out_channels);
        memset(t->out + image * cells, 0, (size_t)cells * sizeof(float));
        fold(s, patches, t->out + image * cells);
    }
}

/// Group g of t->rows images leaves its sum, [patch cells][out channels] and then the biases, at t->out.
static void convolve_backward_weight(const struct tensor_arguments *t, ptrdiff_t begin, ptrdiff_t end) {
    const struct steward_convolution *s = t->convolution;
    ptrdiff_t depth = patch_cells(s), count = places(s), outs = s->out_channels;
    float *patches = steward_tensor_scratch(tensor_scratch_kernel, (size_t)((depth + outs) * count));
    float *turned = patches + depth * count;
    for (ptrdiff_t group = begin; group < end; group++) {
        float *sums = t->out + group * (depth + 1) * outs, *biases = sums + depth * outs;
        memset(sums, 0, (size_t)((depth + 1) * outs) * sizeof(float));
        for (ptrdiff_t image = group * t->rows; image < LEAST((group + 1) * t->rows, s->batch); image++) {
            const float *dy = t->b + image * outs * count;
            unfold(s, t->a + image * s->channels * s->height * s->width, patches);
            transpose(dy, count, turned, outs, outs, count);
            struct panel product = {patches, turned, count, 1, outs, sums, outs, 1, 1};
            panel_product(&product, depth, outs, count);
            for (ptrdiff_t o = 0; o < outs; o++) {
                vec sum = all(0);
                for (ptrdiff_t i = 0; i < count; i += LANES) sum = sum + get(dy + o * count + i, count - i);
                biases[o] += sum_of(sum);
            }
        }
    }
}
