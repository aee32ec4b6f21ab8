import StewardCompute

extension CUDASource {
    /// Convolution as one product of all patches, pooling, and the order of dimensions.
    package static let images = KernelSource(
        #"""
        #define CELL long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x; if (i >= count) return

        // patches[channel, ky, kx][image, y, x]
        extern "C" __global__ void unfold(
            const float *x, float *patches, int batch, int channels, int height, int width, int kernel, int stride,
            int padding, int out_height, int out_width, long long count) {
            CELL;
            int column = i % out_width, row = i / out_width % out_height;
            int image = i / ((long long)out_width * out_height) % batch;
            int patch = i / ((long long)out_width * out_height * batch);
            int kx = patch % kernel, ky = patch / kernel % kernel, channel = patch / (kernel * kernel);
            int from_y = row * stride + ky - padding, from_x = column * stride + kx - padding;
            bool inside = from_y >= 0 && from_y < height && from_x >= 0 && from_x < width;
            patches[i] = inside ? x[(((long long)image * channels + channel) * height + from_y) * width + from_x] : 0.0f;
        }

        // A thread a cell of the images, which adds up what its patches have.
        extern "C" __global__ void fold(
            const float *patches, float *dx, int batch, int channels, int height, int width, int kernel, int stride,
            int padding, int out_height, int out_width, long long count) {
            CELL;
            int column = i % width, row = i / width % height;
            int channel = i / ((long long)width * height) % channels;
            int image = i / ((long long)width * height * channels);
            float sum = 0.0f;
            for (int ky = 0; ky < kernel; ky++)
                for (int kx = 0; kx < kernel; kx++) {
                    int y = row + padding - ky, x = column + padding - kx;
                    if (y < 0 || x < 0 || y % stride != 0 || x % stride != 0) continue;
                    y /= stride;
                    x /= stride;
                    if (y >= out_height || x >= out_width) continue;
                    long long patch = ((long long)channel * kernel + ky) * kernel + kx;
                    sum += patches[((patch * batch + image) * out_height + y) * out_width + x];
                }
            dx[i] = sum;
        }

        // out[image, channel, place] = x[channel, image, place] + bias[channel]
        extern "C" __global__ void by_image(
            const float *x, const float *bias, int has_bias, float *out, int batch, int channels, int places,
            long long count) {
            CELL;
            int place = i % places, channel = i / places % channels, image = i / ((long long)places * channels);
            float shift = has_bias ? bias[channel] : 0.0f;
            out[i] = x[((long long)channel * batch + image) * places + place] + shift;
        }

        // out[channel, image, place] = x[image, channel, place]
        extern "C" __global__ void by_channel(
            const float *x, float *out, int batch, int channels, int places, long long count) {
            CELL;
            int place = i % places, image = i / places % batch, channel = i / ((long long)places * batch);
            out[i] = x[((long long)image * channels + channel) * places + place];
        }

        // Block b of 256 threads: out[b] = the sum of row b.
        extern "C" __global__ void sum_columns(const float *x, float *out, int accumulate, int columns) {
            __shared__ float parts[256];
            float sum = 0.0f;
            for (int i = threadIdx.x; i < columns; i += 256) sum += x[(long long)blockIdx.x * columns + i];
            parts[threadIdx.x] = sum;
            __syncthreads();
            for (int half = 128; half > 0; half /= 2) {
                if (threadIdx.x < half) parts[threadIdx.x] += parts[threadIdx.x + half];
                __syncthreads();
            }
            if (threadIdx.x == 0) out[blockIdx.x] = accumulate ? out[blockIdx.x] + parts[0] : parts[0];
        }

        extern "C" __global__ void max_pool(
            const float *x, float *y, int *places, int height, int width, int kernel, int stride, int out_height,
            int out_width, long long count) {
            CELL;
            int column = i % out_width, row = i / out_width % out_height;
            const float *plane = x + i / ((long long)out_width * out_height) * height * width;
            int best = row * stride * width + column * stride;
            for (int ky = 0; ky < kernel; ky++)
                for (int kx = 0; kx < kernel; kx++) {
                    int place = (row * stride + ky) * width + column * stride + kx;
                    if (plane[place] > plane[best]) best = place;
                }
            y[i] = plane[best];
            places[i] = best;
        }

        // A thread a cell of the input, which looks at the windows that it is in.
        extern "C" __global__ void max_pool_backward(
            const float *dy, const int *places, float *dx, int height, int width, int kernel, int stride,
            int out_height, int out_width, long long count) {
            CELL;
            int column = i % width, row = i / width % height, cell = i % ((long long)height * width);
            long long plane = i / ((long long)height * width) * out_height * out_width;
            int first_y = row < kernel ? 0 : (row - kernel) / stride + 1;
            int first_x = column < kernel ? 0 : (column - kernel) / stride + 1;
            float sum = 0.0f;
            for (int y = first_y; y < out_height && y * stride <= row; y++)
                for (int x = first_x; x < out_width && x * stride <= column; x++)
                    if (places[plane + y * out_width + x] == cell) sum += dy[plane + y * out_width + x];
            dx[i] = sum;
        }

        // out's dimensions are n0 (not needed) x n1 x n2 x n3; s0..s3 are x's strides along them.
        extern "C" __global__ void permute(
            const float *x, float *out, int n1, int n2, int n3, long long s0, long long s1, long long s2, long long s3,
            long long count) {
            CELL;
            long long d = i % n3, c = i / n3 % n2, b = i / ((long long)n3 * n2) % n1, a = i / ((long long)n3 * n2 * n1);
            out[i] = x[a * s0 + b * s1 + c * s2 + d * s3];
        }

        extern "C" __global__ void copy_rows(
            const float *x, long long x_pitch, float *y, long long y_pitch, int accumulate, int columns,
            long long count) {
            CELL;
            long long row = i / columns, column = i % columns;
            float value = x[row * x_pitch + column];
            y[row * y_pitch + column] = accumulate ? y[row * y_pitch + column] + value : value;
        }

        // heads[part, batch, head, place, cell] = qkv[batch, place, part, head, cell], for `parts` parts
        extern "C" __global__ void split_heads(
            const float *x, float *heads, int batch, int length, int head_count, int size, int parts, long long count) {
            CELL;
            int cell = i % size, place = i / size % length, head = i / ((long long)size * length) % head_count;
            long long outer = i / ((long long)size * length * head_count);
            long long sequence = outer % batch, part = outer / batch;
            heads[i] = x[(((sequence * length + place) * parts + part) * head_count + head) * size + cell];
        }

        extern "C" __global__ void merge_heads(
            const float *heads, float *x, int batch, int length, int head_count, int size, int parts, long long count) {
            CELL;
            int cell = i % size, head = i / size % head_count, part = i / ((long long)size * head_count) % parts;
            long long outer = i / ((long long)size * head_count * parts);
            long long place = outer % length, sequence = outer / length;
            x[i] = heads[((((long long)part * batch + sequence) * head_count + head) * length + place) * size + cell];
        }
        """#, file: "training/images.cu")
}
