import StewardCompute

extension CUDASource {
    /// Row by row, a warp each, and sums over rows.
    package static let rows = KernelSource(
        #"""
        // Blocks are 32 x 4: a warp a row.
        #define ROW int row = blockIdx.x * 4 + threadIdx.y, lane = threadIdx.x; if (row >= rows) return

        static __device__ float warp_sum(float x) {
            for (int step = 16; step > 0; step /= 2) x += __shfl_xor_sync(0xffffffffu, x, step);
            return x;
        }

        static __device__ float warp_largest(float x) {
            for (int step = 16; step > 0; step /= 2) {
                float other = __shfl_xor_sync(0xffffffffu, x, step);
                x = other > x ? other : x;
            }
            return x;
        }

        // Row r sees its first r % period + 1 columns (causal attention), all where period is 0; the rest becomes 0.
        extern "C" __global__ void softmax(const float *x, float *y, int rows, int columns, int period) {
            ROW;
            x += (long long)row * columns;
            y += (long long)row * columns;
            int seen = period > 0 ? row % period + 1 : columns;
            float top = -3.402823466e38f, sum = 0.0f;
            for (int i = lane; i < seen; i += 32) top = x[i] > top ? x[i] : top;
            top = warp_largest(top);
            for (int i = lane; i < seen; i += 32) {
                float e = expf(x[i] - top);
                y[i] = e;
                sum += e;
            }
            float factor = 1.0f / warp_sum(sum);
            for (int i = lane; i < columns; i += 32) y[i] = i < seen ? y[i] * factor : 0.0f;
        }

        extern "C" __global__ void softmax_backward(const float *y, const float *dy, float *dx, int rows, int columns) {
            ROW;
            y += (long long)row * columns;
            dy += (long long)row * columns;
            dx += (long long)row * columns;
            float dot = 0.0f;
            for (int i = lane; i < columns; i += 32) dot += y[i] * dy[i];
            dot = warp_sum(dot);
            for (int i = lane; i < columns; i += 32) dx[i] = y[i] * (dy[i] - dot);
        }

        extern "C" __global__ void layer_norm(
            const float *x, const float *weight, const float *bias, float *y, float *moments, float epsilon, int rows,
            int columns) {
            ROW;
            x += (long long)row * columns;
            y += (long long)row * columns;
            float sum = 0.0f, squares = 0.0f;
            for (int i = lane; i < columns; i += 32) sum += x[i];
            float mean = warp_sum(sum) / columns;
            for (int i = lane; i < columns; i += 32) squares += (x[i] - mean) * (x[i] - mean);
            float inverse = 1.0f / sqrtf(warp_sum(squares) / columns + epsilon);
            if (lane == 0) {
                moments[row] = mean;
                moments[rows + row] = inverse;
            }
            for (int i = lane; i < columns; i += 32) y[i] = (x[i] - mean) * inverse * weight[i] + bias[i];
        }

        extern "C" __global__ void layer_norm_backward(
            const float *x, const float *weight, const float *moments, const float *dy, float *dx, int accumulate,
            int rows, int columns) {
            ROW;
            x += (long long)row * columns;
            dy += (long long)row * columns;
            dx += (long long)row * columns;
            float mean = moments[row], inverse = moments[rows + row], sum = 0.0f, dot = 0.0f;
            for (int i = lane; i < columns; i += 32) {
                float g = dy[i] * weight[i];
                sum += g;
                dot += g * ((x[i] - mean) * inverse);
            }
            float average = warp_sum(sum) / columns, along = warp_sum(dot) / columns;
            for (int i = lane; i < columns; i += 32) {
                float d = (dy[i] * weight[i] - average - (x[i] - mean) * inverse * along) * inverse;
                dx[i] = accumulate ? dx[i] + d : d;
            }
        }

        extern "C" __global__ void cross_entropy(
            const float *logits, const int *targets, float *losses, float *gradient, int rows, int columns) {
            ROW;
            logits += (long long)row * columns;
            gradient += (long long)row * columns;
            float top = -3.402823466e38f, sum = 0.0f;
            for (int i = lane; i < columns; i += 32) top = logits[i] > top ? logits[i] : top;
            top = warp_largest(top);
            for (int i = lane; i < columns; i += 32) sum += expf(logits[i] - top);
            sum = warp_sum(sum);
            int target = targets[row];
            if (lane == 0) losses[row] = logf(sum) - (logits[target] - top);
            for (int i = lane; i < columns; i += 32)
                gradient[i] = (expf(logits[i] - top) / sum - (i == target ? 1.0f : 0.0f)) / rows;
        }

        extern "C" __global__ void embed(const float *table, const int *indices, float *out, int rows, int columns) {
            ROW;
            for (int i = lane; i < columns; i += 32)
                out[(long long)row * columns + i] = table[(long long)indices[row] * columns + i];
        }

        // A warp an entry of the table and 32 columns (grid.y), which adds up its rows of one part of the indices
        // (grid.z) in their order; each part has a table of its own.
        extern "C" __global__ void embed_backward(
            const float *dy, const int *indices, float *dtable, int accumulate, int count, int rows, int columns) {
            ROW;
            int column = blockIdx.y * 32 + lane;
            int part = ((count + gridDim.z - 1) / gridDim.z + 31) / 32 * 32, first = blockIdx.z * part;
            int end = first + part < count ? first + part : count;
            float sum = 0.0f;
            for (int base = first; base < end; base += 32) {
                bool is_mine = base + lane < end && indices[base + lane] == row;
                unsigned int found = __ballot_sync(0xffffffffu, is_mine);
                while (found != 0) {
                    int r = base + __ffs(found) - 1;
                    found &= found - 1;
                    if (column < columns) sum += dy[(long long)r * columns + column];
                }
            }
            if (column >= columns) return;
            long long place = ((long long)blockIdx.z * rows + row) * columns + column;
            dtable[place] = accumulate ? dtable[place] + sum : sum;
        }

        // Blocks are 32 x 8: 32 columns of one part of the rows (grid.y), which eight threads share.
        #define PART \
            int column = blockIdx.x * 32 + threadIdx.x, part = (rows + gridDim.y - 1) / gridDim.y; \
            int first = blockIdx.y * part, end = first + part < rows ? first + part : rows; \
            long long place = (long long)blockIdx.y * columns + column

        // out[part, column]
        extern "C" __global__ void sum_rows(const float *x, float *out, int accumulate, int rows, int columns) {
            __shared__ float parts[8][32];
            PART;
            float sum = 0.0f;
            if (column < columns)
                for (int r = first + threadIdx.y; r < end; r += 8) sum += x[(long long)r * columns + column];
            parts[threadIdx.y][threadIdx.x] = sum;
            __syncthreads();
            if (threadIdx.y == 0 && column < columns) {
                for (int other = 1; other < 8; other++) sum += parts[other][threadIdx.x];
                out[place] = accumulate ? out[place] + sum : sum;
            }
        }

        // dweight[part, column], dbias[part, column]
        extern "C" __global__ void layer_norm_parameters(
            const float *x, const float *moments, const float *dy, float *dweight, float *dbias, int accumulate,
            int rows, int columns) {
            __shared__ float weights[8][32];
            __shared__ float biases[8][32];
            PART;
            float weight = 0.0f, bias = 0.0f;
            if (column < columns)
                for (int r = first + threadIdx.y; r < end; r += 8) {
                    float d = dy[(long long)r * columns + column];
                    weight += d * ((x[(long long)r * columns + column] - moments[r]) * moments[rows + r]);
                    bias += d;
                }
            weights[threadIdx.y][threadIdx.x] = weight;
            biases[threadIdx.y][threadIdx.x] = bias;
            __syncthreads();
            if (threadIdx.y == 0 && column < columns) {
                for (int other = 1; other < 8; other++) {
                    weight += weights[other][threadIdx.x];
                    bias += biases[other][threadIdx.x];
                }
                dweight[place] = accumulate ? dweight[place] + weight : weight;
                dbias[place] = accumulate ? dbias[place] + bias : bias;
            }
        }

        // Block b of 256 threads leaves the sum of every gridDim.x-th stretch of 256 cells at out[b].
        extern "C" __global__ void block_sum(const float *x, float *out, int squares, float factor, long long count) {
            __shared__ float parts[256];
            float sum = 0.0f;
            for (long long i = (long long)blockIdx.x * 256 + threadIdx.x; i < count; i += (long long)gridDim.x * 256)
                sum += squares ? x[i] * x[i] : x[i];
            parts[threadIdx.x] = sum;
            __syncthreads();
            for (int half = 128; half > 0; half /= 2) {
                if (threadIdx.x < half) parts[threadIdx.x] += parts[threadIdx.x + half];
                __syncthreads();
            }
            if (threadIdx.x == 0) out[blockIdx.x] = parts[0] * factor;
        }
        """#, file: "training/rows.cu")
}
