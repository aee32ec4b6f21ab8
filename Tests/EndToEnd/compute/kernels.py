"""Kernels that the tests run: good ones from Examples/compute, and one for each way to be bad."""
from support.steward import REPOSITORY

EXAMPLES = REPOSITORY / "Examples/compute"
SAXPY = (EXAMPLES / "saxpy.cu").read_text()
SUM = (EXAMPLES / "reduce.cu").read_text()

SPIN = """
__global__ void spin(volatile int* x) {
  while (x[0] == 0) { }
}
"""

WILD = """
__global__ void wild(int* x) {
  int* far = (int*)(((unsigned long long)x) + (1ull << 46));
  far[threadIdx.x] = 1;
}
"""

DIVIDES = """
__global__ void divides(int* x) {
  x[threadIdx.x] = 1000 / x[threadIdx.x];
}
"""

BROKEN = """
__global__ void broken(float* x) {
  x[0] = 1.0f
}
"""

TWO = """
__global__ void first(int* x) { x[threadIdx.x] = 1; }
__global__ void second(int* x) { x[threadIdx.x] = 2; }
"""

PRINTS = r"""
#include <stdio.h>
__global__ void prints(int* x) {
  printf("thread %d\n", threadIdx.x);
  x[threadIdx.x] = threadIdx.x;
}
"""

SHARED = """
__global__ void shared(float* x) {
  extern __shared__ float part[];
  part[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  x[threadIdx.x] = part[blockDim.x - 1 - threadIdx.x];
}
"""

DIVERGES = """
__global__ void diverges(float* x) {
  if (threadIdx.x < 16) {
    x[threadIdx.x] = 1.0f;
    __syncthreads();
  } else {
    __syncthreads();
  }
}
"""

OUTSIDE = """
__global__ void outside(float* x, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  x[i] = 1.0f;
}
"""
