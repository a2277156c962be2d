package org.hypergrad.kernels;

import java.util.ArrayList;
import java.util.List;
import jcuda.jcudnn.cudnnHandle;
import jcuda.jcudnn.cudnnMathType;
import jcuda.jcudnn.cudnnTensorDescriptor;
import org.hypergrad.kernels.ConvolutionPass.Operands;
import org.hypergrad.kernels.ConvolutionPass.Ranked;

/**
 * One pass of one convolution: its descriptors, and the algorithms that its options allow in
 * cuDNN's order, the fastest first.
 */
final class ConvolutionPlan implements PlanCache.Plan {
  /** What a plan is kept by. */
  record Key(ConvolutionPass pass, ConvolutionShape shape, LibraryOptions options) {}

  /**
   * An algorithm that is allowed.
   *
   * @param number cuDNN's number for it
   * @param operands descriptors that say which arithmetic it computes in
   * @param work what it does and needs
   */
  record Algorithm(int number, Operands operands, LibraryWork work) {}

  private final Key key;
  private final CudaStream stream;
  private final Descriptors descriptors;
  private final List<Algorithm> algorithms = new ArrayList<>();
  private cudnnTensorDescriptor bias;
  private boolean hasFallenBack;

  /**
   * Asks cuDNN.
   *
   * @throws CudaLibraryException if no algorithm fits, with the options that exclude them
   */
  ConvolutionPlan(Key key, CudaStream stream, cudnnHandle handle) {
    this.key = key;
    this.stream = stream;
    descriptors = new Descriptors(stream, key.shape);
    try {
      choose(handle);
    } catch (RuntimeException failure) {
      close();
      throw failure;
    }
  }

  private void choose(cudnnHandle handle) {
    ConvolutionShape shape = key.shape;
    LibraryOptions options = key.options;
    Operands operands =
        new Operands(
            descriptors.images(shape.x()),
            descriptors.kernels(shape.w()),
            descriptors.images(shape.y()),
            descriptors.convolution(shape, mathType()));
    List<Ranked> ranked = new ArrayList<>();
    check(key.pass.rankingCall(), key.pass.rank(handle, operands, ranked));
    long least = Long.MAX_VALUE;
    for (Ranked candidate : ranked) {
      if (!isAllowed(candidate)) {
        continue;
      }
      Operands own = in(candidate.mathType(), operands);
      long[] bytes = {0};
      check(
          key.pass.workspaceCall(), key.pass.workspace(handle, own, candidate.algorithm(), bytes));
      least = Math.min(least, bytes[0]);
      if (bytes[0] <= options.workspaceLimit()) {
        String name = key.pass.name(candidate.algorithm());
        LibraryWork work = new LibraryWork(shape, name, bytes[0]);
        algorithms.add(new Algorithm(candidate.algorithm(), own, work));
      }
    }
    if (algorithms.isEmpty()) {
      throw new CudaLibraryException(
          key.pass.call(),
          CudaException.REFUSED,
          LibraryWork.of(shape),
          "no algorithm fits; got "
              + ranked.size()
              + " of cuDNN's for "
              + options
              + (least == Long.MAX_VALUE ? "" : "; expected a limit of at least " + least));
    }
  }

  private int mathType() {
    return key.options.tf32() ? cudnnMathType.CUDNN_DEFAULT_MATH : cudnnMathType.CUDNN_FMA_MATH;
  }

  private boolean isAllowed(Ranked candidate) {
    return candidate.runs()
        && (candidate.deterministic() || !key.options.deterministic())
        && (key.options.tf32() || candidate.mathType() == cudnnMathType.CUDNN_FMA_MATH);
  }

  /** The operands in an arithmetic that cuDNN ranked beside the one that was asked for. */
  private Operands in(int mathType, Operands operands) {
    return mathType == mathType()
        ? operands
        : new Operands(
            operands.x(), operands.w(), operands.y(), descriptors.convolution(key.shape, mathType));
  }

  private void check(String call, int status) {
    CudaLibrary.CUDNN.check(stream, call, status, LibraryWork.of(key.shape));
  }

  /** What the options allow, the fastest first; at least one. */
  List<Algorithm> algorithms() {
    return algorithms;
  }

  cudnnTensorDescriptor y() {
    return algorithms.getFirst().operands.y();
  }

  /** A bias [1, O, 1, 1]. */
  cudnnTensorDescriptor bias() {
    if (bias == null) {
      bias = descriptors.images(new ConvolutionShape.Images(1, key.shape.outChannels(), 1, 1));
    }
    return bias;
  }

  /** Whether this is the first time that memory is lacking for a faster algorithm. */
  boolean fallsBackFirst() {
    boolean first = !hasFallenBack;
    hasFallenBack = true;
    return first;
  }

  @Override
  public void close() {
    descriptors.close();
  }
}
