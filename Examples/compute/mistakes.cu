// Kernels with one mistake each, for `steward compute check`: it names the line.

// Without `if (i < n)` the last block's threads write behind the end of y.
__global__ void outside(const float* x, float* y, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  y[i] = 2.0f * x[i];
}

// Only half of the block reaches the barrier.
__global__ void diverges(float* x) {
  if (threadIdx.x < blockDim.x / 2) {
    x[threadIdx.x] = 1.0f;
    __syncthreads();
  }
}

// A neighbour's cell is read without a barrier after it was written.
__global__ void races(const float* x, float* y) {
  __shared__ float cells[256];
  cells[threadIdx.x] = x[threadIdx.x];
  y[threadIdx.x] = cells[(threadIdx.x + 1) % blockDim.x];
}

// Odd cells of y are never written.
__global__ void unwritten(float* y, int n) {
  int i = 2 * (blockIdx.x * blockDim.x + threadIdx.x);
  if (i < n) y[i] = 1.0f;
}
