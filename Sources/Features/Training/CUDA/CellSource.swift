import StewardCompute

extension CUDASource {
    /// Cell by cell: arithmetic, activations, dropout, updates of parameters.
    package static let cells = KernelSource(
        #"""
        // One thread a cell.
        #define CELL long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x; if (i >= count) return

        extern "C" __global__ void fill(float *x, float value, long long count) {
            CELL;
            x[i] = value;
        }

        extern "C" __global__ void combine(const float *a, const float *b, float *out, int how, long long count) {
            CELL;
            out[i] = how == 0 ? a[i] + b[i] : how == 1 ? a[i] - b[i] : a[i] * b[i];
        }

        extern "C" __global__ void scale(const float *x, float factor, float *y, int accumulate, long long count) {
            CELL;
            y[i] = accumulate ? y[i] + factor * x[i] : factor * x[i];
        }

        extern "C" __global__ void scale_by_cell(const float *x, const float *factor, float *y, long long count) {
            CELL;
            y[i] = factor[0] * x[i];
        }

        // sqrt(2 / pi), and the cubic term of the tanh form of GELU.
        #define GELU_SCALE 0.7978845608028654f
        #define GELU_CUBIC 0.044715f

        extern "C" __global__ void activate(const float *x, float *y, int kind, long long count) {
            CELL;
            float v = x[i];
            if (kind == 0) y[i] = v <= 0.0f ? 0.0f : v;
            else if (kind == 1) y[i] = 0.5f * v * (1.0f + tanhf(GELU_SCALE * (v + GELU_CUBIC * v * v * v)));
            else y[i] = 0.5f * v * (1.0f + erff(v * 0.7071067811865476f));
        }

        extern "C" __global__ void activate_backward(
            const float *x, const float *dy, float *dx, int kind, long long count) {
            CELL;
            float v = x[i], slope;
            if (kind == 0) {
                slope = v > 0.0f ? 1.0f : 0.0f;
            } else if (kind == 1) {
                float t = tanhf(GELU_SCALE * (v + GELU_CUBIC * v * v * v));
                slope = 0.5f * (1.0f + t)
                    + 0.5f * v * (1.0f - t * t) * GELU_SCALE * (1.0f + 3.0f * GELU_CUBIC * v * v);
            } else {
                slope = 0.5f * (1.0f + erff(v * 0.7071067811865476f))
                    + v * 0.3989422804014327f * expf(-0.5f * v * v);
            }
            dx[i] = dy[i] * slope;
        }

        extern "C" __global__ void add_row(const float *x, const float *row, float *out, int columns, long long count) {
            CELL;
            // 32 bits are divided several times as fast.
            long long column = i <= 0xffffffffll ? (unsigned int)i % (unsigned int)columns : i % columns;
            out[i] = x[i] + row[column];
        }

        // Philox 4x32-10, four cells a thread: the same choice as on the processor.
        extern "C" __global__ void dropout(
            const float *x, float *y, float probability, unsigned int site, const unsigned int *key, long long count) {
            long long four = (long long)blockIdx.x * blockDim.x + threadIdx.x;
            if (four * 4 >= count) return;
            unsigned int c0 = (unsigned int)four, c1 = site, c2 = key[2], c3 = key[3], k0 = key[0], k1 = key[1];
            for (int round = 0; round < 10; round++) {
                unsigned long long a = 0xD2511F53ull * c0, b = 0xCD9E8D57ull * c2;
                c0 = (unsigned int)(b >> 32) ^ c1 ^ k0;
                c1 = (unsigned int)b;
                c2 = (unsigned int)(a >> 32) ^ c3 ^ k1;
                c3 = (unsigned int)a;
                k0 += 0x9E3779B9u;
                k1 += 0xBB67AE85u;
            }
            float factor = 1.0f / (1.0f - probability);
            for (int i = 0; i < 4; i++) {
                long long cell = four * 4 + i;
                unsigned int word = i == 0 ? c0 : i == 1 ? c1 : i == 2 ? c2 : c3;
                float chance = (float)(word >> 8) * 5.9604644775390625e-8f;
                if (cell < count) y[cell] = chance < probability ? 0.0f : x[cell] * factor;
            }
        }

        extern "C" __global__ void clip(const float *squares, float limit, float *out) {
            if (blockIdx.x != 0 || threadIdx.x != 0) return;
            float norm = sqrtf(squares[0]), factor = limit / (norm + 1e-6f);
            out[0] = limit > 0.0f && factor < 1.0f ? factor : 1.0f;
        }

        extern "C" __global__ void sgd(
            float *p, const float *g, float *velocity, const float *rates, const float *clip, float momentum,
            float decay, long long count) {
            CELL;
            float slope = g[i] * clip[0] + decay * p[i];
            if (momentum != 0.0f) {
                slope = momentum * velocity[i] + slope;
                velocity[i] = slope;
            }
            p[i] -= rates[0] * slope;
        }

        extern "C" __global__ void adamw(
            float *p, const float *g, float *first, float *second, const float *rates, const float *clip, float beta1,
            float beta2, float epsilon, float decay, long long count) {
            CELL;
            float slope = g[i] * clip[0];
            float m = first[i] + (1.0f - beta1) * (slope - first[i]);
            float v = beta2 * second[i] + (1.0f - beta2) * (slope * slope);
            first[i] = m;
            second[i] = v;
            p[i] = p[i] * (1.0f - rates[0] * decay) - rates[0] / rates[1] * (m / (sqrtf(v) / rates[2] + epsilon));
        }
        """#, file: "training/cells.cu")
}
