// One step of heat that spreads over a plate: each inner cell moves towards the mean of its four neighbours.
//   block 16x16, grid (width + 15) / 16 x (height + 15) / 16
__constant__ float rate = 0.2f;

__device__ float laplacian(const float *plate, int at, int width) {
    return plate[at - 1] + plate[at + 1] + plate[at - width] + plate[at + width] - 4.0f * plate[at];
}

extern "C" __global__ void stencil(const float *from, float *to, int width, int height) {
    int x = blockIdx.x * blockDim.x + threadIdx.x, y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x >= width || y >= height) return;
    int at = y * width + x;
    bool inner = x > 0 && y > 0 && x < width - 1 && y < height - 1;
    to[at] = inner ? from[at] + rate * laplacian(from, at, width) : from[at];
}
