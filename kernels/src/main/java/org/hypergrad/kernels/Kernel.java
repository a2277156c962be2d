package org.hypergrad.kernels;

import jcuda.driver.CUfunction;
import jcuda.driver.CUfunction_attribute;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;

/** An entry of a module, ready to be launched on any stream of its context, from any thread. */
public final class Kernel {
  private final CudaContext context;
  private final KernelSignature signature;
  private final CUfunction function = new CUfunction();
  private final int maxThreads;
  private final int staticSharedBytes;

  Kernel(CudaContext context, CUmodule module, KernelSignature signature) {
    this.context = context;
    this.signature = signature;
    context.call(
        "cuModuleGetFunction",
        () -> JCudaDriver.cuModuleGetFunction(function, module, signature.entry()));
    maxThreads = attribute(CUfunction_attribute.CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK);
    staticSharedBytes = attribute(CUfunction_attribute.CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES);
  }

  private int attribute(int attribute) {
    int[] value = {0};
    context.call(
        "cuFuncGetAttribute", () -> JCudaDriver.cuFuncGetAttribute(value, attribute, function));
    return value[0];
  }

  /** The entry's name in its PTX. */
  public String name() {
    return signature.entry();
  }

  /** Number of parameters. */
  public int parameters() {
    return signature.parameters().size();
  }

  /** Most threads of a block that this was compiled for. */
  public int maxThreads() {
    return maxThreads;
  }

  /** Shared memory of a block that the kernel declares itself. */
  public int staticSharedBytes() {
    return staticSharedBytes;
  }

  /** Begins a launch; arguments follow, then {@link Launch#run}. */
  public Launch launch(CudaStream stream, LaunchShape shape) {
    return Launch.of(this, stream, shape);
  }

  CudaContext context() {
    return context;
  }

  KernelSignature signature() {
    return signature;
  }

  CUfunction function() {
    return function;
  }

  @Override
  public String toString() {
    return signature.entry();
  }
}
