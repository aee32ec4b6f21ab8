import StewardCompute

package func CUDAKernels(_ device: Device) throws(ComputeError) -> any TensorKernels {
    throw ComputeError(.unsupported, "later")
}
