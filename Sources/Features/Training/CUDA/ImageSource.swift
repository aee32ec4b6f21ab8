import StewardCompute

extension CUDASource {
    /// Convolution as one product of all patches, pooling, and the order of dimensions.
    package static let images = KernelSource(
        #"""
        #define CELL long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x; if (i >= count) return

        // Numbers of 32 bits are divided several times as fast, and nearly all fit.
        struct place {
            long long row;
            int column;
        };

        static __device__ struct place place_of(long long i, int columns) {
            struct place at;
            if (i <= 0xffffffffll) {
                at.row = (unsigned int)i / (unsigned int)columns;
                at.column = (int)((unsigned int)i % (unsigned int)columns);
            } else {
                at.row = i / columns;
                at.column = (int)(i % columns);
            }
            return at;
        }

        // patches[channel, ky, kx][image, y, x]
        extern "C" __global__ void unfold(
            const float *x, float *patches, int batch, int channels, int height, int width, int kernel, int stride,
            int padding, int out_height, int out_width, long long count) {
            CELL;
            struct place in_row = place_of(i, out_width), in_image = place_of(in_row.row, out_height);
            struct place in_batch = place_of(in_image.row, batch);
            int column = in_row.column, row = in_image.column, image = in_batch.column, patch = (int)in_batch.row;
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
            struct place in_row = place_of(i, width), in_plane = place_of(in_row.row, height);
            struct place in_image = place_of(in_plane.row, channels);
            int column = in_row.column, row = in_plane.column, channel = in_image.column, image = (int)in_image.row;
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
            struct place in_plane = place_of(i, places), in_image = place_of(in_plane.row, channels);
            int channel = in_image.column;
            float shift = has_bias ? bias[channel] : 0.0f;
            out[i] = x[((long long)channel * batch + in_image.row) * places + in_plane.column] + shift;
        }

        // out[channel, image, place] = x[image, channel, place]
        extern "C" __global__ void by_channel(
            const float *x, float *out, int batch, int channels, int places, long long count) {
            CELL;
            struct place in_plane = place_of(i, places), in_batch = place_of(in_plane.row, batch);
            out[i] = x[((long long)in_batch.column * channels + in_batch.row) * places + in_plane.column];
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
            struct place in_row = place_of(i, out_width), in_plane = place_of(in_row.row, out_height);
            int column = in_row.column, row = in_plane.column;
            const float *plane = x + in_plane.row * height * width;
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
            struct place in_row = place_of(i, width), in_plane = place_of(in_row.row, height);
            int column = in_row.column, row = in_plane.column, cell = row * width + column;
            long long plane = in_plane.row * out_height * out_width;
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
            struct place third = place_of(i, n3), second = place_of(third.row, n2), first = place_of(second.row, n1);
            out[i] = x[first.row * s0 + first.column * s1 + second.column * s2 + third.column * s3];
        }

        extern "C" __global__ void copy_rows(
            const float *x, long long x_pitch, float *y, long long y_pitch, int accumulate, int columns,
            long long count) {
            CELL;
            struct place at = place_of(i, columns);
            float value = x[at.row * x_pitch + at.column];
            float *to = y + at.row * y_pitch + at.column;
            *to = accumulate ? *to + value : value;
        }
        """#, file: "training/images.cu")
}
