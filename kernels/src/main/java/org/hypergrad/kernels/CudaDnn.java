package org.hypergrad.kernels;

import java.lang.System.Logger.Level;
import jcuda.Pointer;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnBatchNormMode;
import jcuda.jcudnn.cudnnHandle;
import jcuda.jcudnn.cudnnTensorDescriptor;
import jcuda.runtime.cudaStream_t;
import org.hypergrad.kernels.BatchNormShape.Affine;
import org.hypergrad.kernels.BatchNormShape.Statistics;
import org.hypergrad.kernels.ConvolutionPass.Addresses;
import org.hypergrad.kernels.ConvolutionPlan.Algorithm;

/**
 * Convolutions and batch normalisation on one stream, by cuDNN, whose handle lives as long as the
 * stream. Descriptors and the choice of algorithms are kept by geometry and options.
 *
 * <p>Of the algorithms that the options allow, the one runs that cuDNN's heuristics rank first. If
 * there is no memory for its workspace, the next one runs that needs less, and a warning says so.
 *
 * <p>Safe for use by several threads. Every call throws {@link CudaLibraryException} where a block
 * is too small, extents do not fit, or cuDNN fails.
 */
public final class CudaDnn {
  private static final System.Logger LOG = System.getLogger("hypergrad.cuda");

  /** A few hundred bytes on the host each; nets have some hundreds of them. */
  private static final int MOST_PLANS = 2048;

  /** The backward pass checks it, but takes 1 / sqrt(variance + epsilon) from the forward pass. */
  private static final double UNUSED_EPSILON = 1e-5;

  private static final int PER_CHANNEL = cudnnBatchNormMode.CUDNN_BATCHNORM_SPATIAL;

  private final CudaStream stream;
  private final CudaContext context;
  private final cudnnHandle handle = new cudnnHandle();
  private final CudaBlas.Scalars scalars = new CudaBlas.Scalars();
  private final PlanCache<ConvolutionPlan.Key, ConvolutionPlan> convolutions =
      new PlanCache<>(MOST_PLANS);
  private final PlanCache<ConvolutionShape.Images, ChannelPlan> byChannel =
      new PlanCache<>(MOST_PLANS);

  /** Descriptors of images [N, C, H, W], and of vectors with an element per channel. */
  private record ChannelPlan(
      Descriptors all, cudnnTensorDescriptor images, cudnnTensorDescriptor vectors)
      implements PlanCache.Plan {
    @Override
    public void close() {
      all.close();
    }
  }

  CudaDnn(CudaStream stream) {
    this.stream = stream;
    context = stream.context();
    CudaLibrary.CUDNN.require("cudnnCreate");
    context.enter("cudnnCreate");
    LibraryWork nothing = LibraryWork.of("");
    check("cudnnCreate", JCudnn.cudnnCreate(handle), nothing);
    try {
      int status = JCudnn.cudnnSetStream(handle, new cudaStream_t(stream.handle()));
      check("cudnnSetStream", status, nothing);
    } catch (RuntimeException failure) {
      close();
      throw failure;
    }
  }

  /** The version of cuDNN: 10000 major + 100 minor + patch. */
  public long version() {
    return JCudnn.cudnnGetVersion();
  }

  // Convolution.

  /** y = x * w. */
  public void convolve(ConvolutionShape shape, DeviceView x, DeviceView w, DeviceView y) {
    run(ConvolutionPass.FORWARD, shape, x, w, y);
  }

  /** y = y + bias [C], the same for all elements of a channel of images y [N, C, H, W]. */
  public synchronized void addBias(ConvolutionShape.Images shape, DeviceView bias, DeviceView y) {
    String call = "cudnnAddTensor";
    context.enter(call);
    refuse(call, shape, shape.problem());
    Pointer b = pointer(call, "bias", bias, shape.channels(), shape);
    Pointer images = pointer(call, "y", y, shape.count(), shape);
    ChannelPlan plan = byChannel.get(shape, this::plan);
    check(
        call,
        JCudnn.cudnnAddTensor(
            handle, scalars.one, plan.vectors, b, scalars.one, plan.images, images),
        LibraryWork.of(shape));
  }

  /**
   * dx, the gradient by x: each element of x gathers what it gave to y. It is the transposed
   * convolution of dy as well.
   */
  public void inputGradient(ConvolutionShape shape, DeviceView dy, DeviceView w, DeviceView dx) {
    run(ConvolutionPass.INPUT_GRADIENT, shape, dx, w, dy);
  }

  /** dw, the gradient by w. */
  public void weightGradient(ConvolutionShape shape, DeviceView x, DeviceView dy, DeviceView dw) {
    run(ConvolutionPass.WEIGHT_GRADIENT, shape, x, dw, dy);
  }

  private synchronized void run(
      ConvolutionPass pass, ConvolutionShape shape, DeviceView x, DeviceView w, DeviceView y) {
    String call = pass.call();
    context.enter(call);
    refuse(call, shape, shape.problem());
    Pointer atX = pointer(call, "x", x, shape.x().count(), shape);
    Pointer atW = pointer(call, "w", w, shape.w().count(), shape);
    Pointer atY = pointer(call, "y", y, shape.y().count(), shape);
    ConvolutionPlan plan =
        convolutions.get(
            new ConvolutionPlan.Key(pass, shape, context.libraryOptions()),
            key -> new ConvolutionPlan(key, stream, handle));
    DeviceMemoryException lack = null;
    for (Algorithm algorithm : plan.algorithms()) {
      long bytes = algorithm.work().workspaceBytes();
      if (lack != null && bytes >= lack.requested()) {
        continue;
      }
      try (DeviceMemory workspace = workspace(bytes)) {
        warn(plan, algorithm, lack);
        Pointer at = workspace == null ? null : new Driver.Address(workspace.address());
        Addresses operands = new Addresses(atX, atW, atY, at, bytes);
        int status = pass.run(handle, plan.operands(), algorithm.number(), operands, scalars);
        check(call, status, algorithm.work());
        return;
      } catch (DeviceMemoryException none) {
        lack = none;
      }
    }
    throw lack;
  }

  private DeviceMemory workspace(long bytes) {
    return bytes == 0 ? null : context.memory().allocate("cuDNN workspace", bytes, stream);
  }

  private void warn(ConvolutionPlan plan, Algorithm algorithm, DeviceMemoryException lack) {
    if (lack != null && plan.fallsBackFirst()) {
      LOG.log(
          Level.WARNING,
          "{0}: no memory for a workspace of {1} bytes; {2} runs instead, for {3}",
          context,
          lack.requested(),
          algorithm.work().algorithm(),
          algorithm.work().shapes());
    }
  }

  // Batch normalisation.

  /**
   * y = scale (x - mean) / sqrt(variance + epsilon) + shift with the batch's mean and biased
   * variance, and running = (1 - momentum) running + momentum value, where the variance is the
   * unbiased one.
   *
   * @param running statistics that change, mean and variance
   * @param saved for the backward pass: mean and 1 / sqrt(variance + epsilon)
   */
  public synchronized void normaliseInTraining(
      BatchNormShape shape,
      double epsilon,
      double momentum,
      DeviceView x,
      Affine affine,
      Statistics running,
      DeviceView y,
      Statistics saved) {
    String call = "cudnnBatchNormalizationForwardTraining";
    ChannelPlan plan = plan(call, shape, true);
    Pointer atX = images(call, "x", x, shape);
    Pointer atY = images(call, "y", y, shape);
    check(
        call,
        JCudnn.cudnnBatchNormalizationForwardTraining(
            handle,
            PER_CHANNEL,
            scalars.one,
            scalars.zero,
            plan.images,
            atX,
            plan.images,
            atY,
            plan.vectors,
            vector(call, "scale", affine.scale(), shape),
            vector(call, "shift", affine.shift(), shape),
            momentum,
            vector(call, "running mean", running.mean(), shape),
            vector(call, "running variance", running.spread(), shape),
            epsilon,
            vector(call, "saved mean", saved.mean(), shape),
            vector(call, "saved inverse deviation", saved.spread(), shape)),
        LibraryWork.of(shape));
  }

  /**
   * y = scale (x - mean) / sqrt(variance + epsilon) + shift.
   *
   * @param given mean and variance
   */
  public synchronized void normalise(
      BatchNormShape shape,
      double epsilon,
      DeviceView x,
      Affine affine,
      Statistics given,
      DeviceView y) {
    String call = "cudnnBatchNormalizationForwardInference";
    ChannelPlan plan = plan(call, shape, false);
    Pointer atX = images(call, "x", x, shape);
    Pointer atY = images(call, "y", y, shape);
    check(
        call,
        JCudnn.cudnnBatchNormalizationForwardInference(
            handle,
            PER_CHANNEL,
            scalars.one,
            scalars.zero,
            plan.images,
            atX,
            plan.images,
            atY,
            plan.vectors,
            vector(call, "scale", affine.scale(), shape),
            vector(call, "shift", affine.shift(), shape),
            vector(call, "mean", given.mean(), shape),
            vector(call, "variance", given.spread(), shape),
            epsilon),
        LibraryWork.of(shape));
  }

  /**
   * The gradients of {@link #normaliseInTraining}: dx by x, and those by scale and shift.
   *
   * @param saved what the forward pass saved
   * @param gradients where the gradients by scale and shift go
   */
  public synchronized void normalisationGradient(
      BatchNormShape shape,
      DeviceView x,
      DeviceView dy,
      DeviceView scale,
      Statistics saved,
      DeviceView dx,
      Affine gradients) {
    String call = "cudnnBatchNormalizationBackward";
    ChannelPlan plan = plan(call, shape, true);
    Pointer atX = images(call, "x", x, shape);
    Pointer atDy = images(call, "dy", dy, shape);
    Pointer atDx = images(call, "dx", dx, shape);
    check(
        call,
        JCudnn.cudnnBatchNormalizationBackward(
            handle,
            PER_CHANNEL,
            scalars.one,
            scalars.zero,
            scalars.one,
            scalars.zero,
            plan.images,
            atX,
            plan.images,
            atDy,
            plan.images,
            atDx,
            plan.vectors,
            vector(call, "scale", scale, shape),
            vector(call, "gradient by scale", gradients.scale(), shape),
            vector(call, "gradient by shift", gradients.shift(), shape),
            UNUSED_EPSILON,
            vector(call, "saved mean", saved.mean(), shape),
            vector(call, "saved inverse deviation", saved.spread(), shape)),
        LibraryWork.of(shape));
  }

  private ChannelPlan plan(String call, BatchNormShape shape, boolean training) {
    context.enter(call);
    refuse(call, shape, shape.problem(training));
    return byChannel.get(shape.images(), this::plan);
  }

  private ChannelPlan plan(ConvolutionShape.Images shape) {
    Descriptors all = new Descriptors(stream, shape);
    try {
      var vectors = new ConvolutionShape.Images(1, shape.channels(), 1, 1);
      return new ChannelPlan(all, all.images(shape), all.images(vectors));
    } catch (RuntimeException failure) {
      all.close();
      throw failure;
    }
  }

  private Pointer images(String call, String role, DeviceView at, BatchNormShape shape) {
    return pointer(call, role, at, shape.images().count(), shape);
  }

  private Pointer vector(String call, String role, DeviceView at, BatchNormShape shape) {
    return pointer(call, role, at, shape.channels(), shape);
  }

  // Both.

  private Pointer pointer(String call, String role, DeviceView at, long count, Object shape) {
    return at.pointer(context, call, role, count * Float.BYTES, shape);
  }

  private static void refuse(String call, Object shape, String problem) {
    if (problem != null) {
      throw new CudaLibraryException(call, CudaException.REFUSED, LibraryWork.of(shape), problem);
    }
  }

  private void check(String call, int status, LibraryWork work) {
    CudaLibrary.CUDNN.check(stream, call, status, work);
  }

  /** Gives the handle and all descriptors back; all work on the stream is done. */
  void close() {
    convolutions.clear();
    byChannel.clear();
    if (!context.isStopped()) {
      context.enter("cudnnDestroy");
      check("cudnnDestroy", JCudnn.cudnnDestroy(handle), LibraryWork.of(""));
    }
  }
}
