package org.hypergrad.kernels;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.IntSupplier;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnConvolutionDescriptor;
import jcuda.jcudnn.cudnnConvolutionMode;
import jcuda.jcudnn.cudnnDataType;
import jcuda.jcudnn.cudnnFilterDescriptor;
import jcuda.jcudnn.cudnnMathType;
import jcuda.jcudnn.cudnnTensorDescriptor;
import jcuda.jcudnn.cudnnTensorFormat;

/** cuDNN's descriptors for one piece of work, ended together. */
final class Descriptors implements AutoCloseable {
  private record End(String call, IntSupplier run) {}

  private final CudaStream stream;
  private final LibraryWork work;
  private final Deque<End> ends = new ArrayDeque<>();

  /**
   * None yet.
   *
   * @param shapes what they are for, in messages
   */
  Descriptors(CudaStream stream, Object shapes) {
    this.stream = stream;
    work = LibraryWork.of(shapes);
  }

  private void check(String call, int status) {
    CudaLibrary.CUDNN.check(stream, call, status, work);
  }

  /** Images [N, C, H, W] without gaps. */
  cudnnTensorDescriptor images(ConvolutionShape.Images images) {
    cudnnTensorDescriptor descriptor = new cudnnTensorDescriptor();
    check("cudnnCreateTensorDescriptor", JCudnn.cudnnCreateTensorDescriptor(descriptor));
    ends.push(
        new End(
            "cudnnDestroyTensorDescriptor", () -> JCudnn.cudnnDestroyTensorDescriptor(descriptor)));
    int channels = (int) images.channels();
    int height = (int) images.height();
    int width = (int) images.width();
    check(
        "cudnnSetTensor4dDescriptorEx",
        JCudnn.cudnnSetTensor4dDescriptorEx(
            descriptor,
            cudnnDataType.CUDNN_DATA_FLOAT,
            (int) images.batch(),
            channels,
            height,
            width,
            channels * height * width,
            height * width,
            width,
            1));
    return descriptor;
  }

  /** Kernels [O, C / groups, kh, kw]. */
  cudnnFilterDescriptor kernels(ConvolutionShape.Images kernels) {
    cudnnFilterDescriptor descriptor = new cudnnFilterDescriptor();
    check("cudnnCreateFilterDescriptor", JCudnn.cudnnCreateFilterDescriptor(descriptor));
    ends.push(
        new End(
            "cudnnDestroyFilterDescriptor", () -> JCudnn.cudnnDestroyFilterDescriptor(descriptor)));
    check(
        "cudnnSetFilter4dDescriptor",
        JCudnn.cudnnSetFilter4dDescriptor(
            descriptor,
            cudnnDataType.CUDNN_DATA_FLOAT,
            cudnnTensorFormat.CUDNN_TENSOR_NCHW,
            (int) kernels.batch(),
            (int) kernels.channels(),
            (int) kernels.height(),
            (int) kernels.width()));
    return descriptor;
  }

  /** Steps of a convolution, and its arithmetic: the default one may round to TF32. */
  cudnnConvolutionDescriptor convolution(ConvolutionShape shape, boolean tf32) {
    cudnnConvolutionDescriptor descriptor = new cudnnConvolutionDescriptor();
    check("cudnnCreateConvolutionDescriptor", JCudnn.cudnnCreateConvolutionDescriptor(descriptor));
    ends.push(
        new End(
            "cudnnDestroyConvolutionDescriptor",
            () -> JCudnn.cudnnDestroyConvolutionDescriptor(descriptor)));
    check(
        "cudnnSetConvolution2dDescriptor",
        JCudnn.cudnnSetConvolution2dDescriptor(
            descriptor,
            (int) shape.padding().height(),
            (int) shape.padding().width(),
            (int) shape.stride().height(),
            (int) shape.stride().width(),
            (int) shape.dilation().height(),
            (int) shape.dilation().width(),
            cudnnConvolutionMode.CUDNN_CROSS_CORRELATION,
            cudnnDataType.CUDNN_DATA_FLOAT));
    check(
        "cudnnSetConvolutionGroupCount",
        JCudnn.cudnnSetConvolutionGroupCount(descriptor, (int) shape.groups()));
    check(
        "cudnnSetConvolutionMathType",
        JCudnn.cudnnSetConvolutionMathType(
            descriptor, tf32 ? cudnnMathType.CUDNN_DEFAULT_MATH : cudnnMathType.CUDNN_FMA_MATH));
    return descriptor;
  }

  @Override
  public void close() {
    while (!ends.isEmpty()) {
      End end = ends.pop();
      check(end.call, end.run.getAsInt());
    }
  }
}
