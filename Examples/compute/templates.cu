// Kernels that are templates: one text for every type, and numbers that the compiler knows.
// steward compute run templates.cu --kernel 'scale<float, 4>' --grid 1 --block 256 --n 1000 --args factor=2 x=iota y=zeros
// steward compute run templates.cu --kernel 'total<double, 128>' --grid 8 --block 128 --args x=double[1000]:iota sum=double[1] n=1000

// Each thread has N cells; with N known the loop is unrolled.
template <typename T, int N>
__global__ void scale(T factor, const T* x, T* y, int n) {
    int first = (blockIdx.x * blockDim.x + threadIdx.x) * N;
    for (int k = 0; k < N; k++)
        if (first + k < n) y[first + k] = factor * x[first + k];
}

// The sum of all cells; a block has Width threads.
template <typename T, int Width = 256>
__global__ void total(const T* x, T* sum, int n) {
    __shared__ T tile[Width];
    int i = blockIdx.x * Width + threadIdx.x;
    tile[threadIdx.x] = i < n ? x[i] : T(0);
    __syncthreads();
    for (int half = Width / 2; half > 0; half /= 2) {
        if (threadIdx.x < half) tile[threadIdx.x] += tile[threadIdx.x + half];
        __syncthreads();
    }
    if (threadIdx.x == 0) atomicAdd(sum, tile[0]);
}
