// Running sums of the n numbers of one block (n <= block): Hillis and Steele's scan in dynamic shared memory.
//   grid 1, block a power of two, shared 2 * block * 4 bytes
extern "C" __global__ void scan(const float *x, float *sums, int n) {
    extern __shared__ float both[];
    int t = threadIdx.x, size = blockDim.x;
    int from = 0, to = size;
    both[t] = t < n ? x[t] : 0.0f;
    __syncthreads();
    for (int step = 1; step < size; step *= 2) {
        both[to + t] = both[from + t] + (t >= step ? both[from + t - step] : 0.0f);
        int other = from;
        from = to;
        to = other;
        __syncthreads();
    }
    if (t < n) sums[t] = both[from + t];
}
