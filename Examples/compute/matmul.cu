// C = A * B, row-major n x n: each block loads tiles of A and B into shared memory, each thread sums one cell of C.
#ifndef TILE
#define TILE 16
#endif

__global__ void matmul(const float* a, const float* b, float* c, int width) {
  __shared__ float tileA[TILE][TILE];
  __shared__ float tileB[TILE][TILE];
  int row = blockIdx.y * TILE + threadIdx.y;
  int column = blockIdx.x * TILE + threadIdx.x;
  float sum = 0.0f;
  for (int k = 0; k < width; k += TILE) {
    bool hasA = row < width && k + threadIdx.x < width;
    bool hasB = column < width && k + threadIdx.y < width;
    tileA[threadIdx.y][threadIdx.x] = hasA ? a[row * width + k + threadIdx.x] : 0.0f;
    tileB[threadIdx.y][threadIdx.x] = hasB ? b[(k + threadIdx.y) * width + column] : 0.0f;
    __syncthreads();
    for (int j = 0; j < TILE; j++) sum += tileA[threadIdx.y][j] * tileB[j][threadIdx.x];
    __syncthreads();
  }
  if (row < width && column < width) c[row * width + column] = sum;
}
