// C = A * B for row-major n x n matrices, in tiles that a block keeps in shared memory.
//   block 16x16, grid (n + 15) / 16 both ways
#ifndef TILE
#define TILE 16
#endif

extern "C" __global__ void matmul(const float *a, const float *b, float *c, int n) {
    __shared__ float tile_a[TILE][TILE], tile_b[TILE][TILE];
    int row = blockIdx.y * TILE + threadIdx.y, column = blockIdx.x * TILE + threadIdx.x;
    float sum = 0;
    for (int first = 0; first < n; first += TILE) {
        int from_a = first + threadIdx.x, from_b = first + threadIdx.y;
        tile_a[threadIdx.y][threadIdx.x] = row < n && from_a < n ? a[row * n + from_a] : 0.0f;
        tile_b[threadIdx.y][threadIdx.x] = from_b < n && column < n ? b[from_b * n + column] : 0.0f;
        __syncthreads();
        for (int k = 0; k < TILE; k++) sum += tile_a[threadIdx.y][k] * tile_b[k][threadIdx.x];
        __syncthreads();
    }
    if (row < n && column < n) c[row * n + column] = sum;
}
