// The sum of n numbers: each block adds up its share in shared memory, its last warp with shuffles, and adds the
// result to *sum. Start it with *sum = 0.
extern "C" __global__ void reduce(const float *x, float *sum, int n) {
    __shared__ float part[256];
    int t = threadIdx.x;
    float mine = 0;
    for (int i = blockIdx.x * blockDim.x + t; i < n; i += gridDim.x * blockDim.x) mine += x[i];
    part[t] = mine;
    __syncthreads();
    for (int half = blockDim.x / 2; half >= 32; half /= 2) {
        if (t < half) part[t] += part[t + half];
        __syncthreads();
    }
    if (t < 32) {
        mine = part[t];
        for (int step = 16; step > 0; step /= 2) mine += __shfl_down_sync(0xffffffff, mine, step);
        if (t == 0) atomicAdd(sum, mine);
    }
}
