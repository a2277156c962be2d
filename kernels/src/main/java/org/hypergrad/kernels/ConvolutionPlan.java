package org.hypergrad.kernels;

import java.util.ArrayList;
import java.util.List;
import jcuda.jcudnn.cudnnHandle;
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
   * @param work what it does and needs
   */
  record Algorithm(int number, LibraryWork work) {}

  private final Key key;
  private final CudaStream stream;
  private final Descriptors descriptors;
  private final Operands operands;
  private final List<Algorithm> algorithms = new ArrayList<>();
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
      operands =
          new Operands(
              descriptors.images(key.shape.x()),
              descriptors.kernels(key.shape.w()),
              descriptors.images(key.shape.y()),
              descriptors.convolution(key.shape, key.options.tf32()));
      choose(handle);
    } catch (RuntimeException failure) {
      close();
      throw failure;
    }
  }

  private void choose(cudnnHandle handle) {
    ConvolutionShape shape = key.shape;
    LibraryOptions options = key.options;
    List<Ranked> ranked = new ArrayList<>();
    check(key.pass.rankingCall(), key.pass.rank(handle, operands, ranked));
    long least = Long.MAX_VALUE;
    for (Ranked candidate : ranked) {
      if (candidate.runs() && (candidate.deterministic() || !options.deterministic())) {
        int number = candidate.algorithm();
        long[] bytes = {0};
        check(key.pass.workspaceCall(), key.pass.workspace(handle, operands, number, bytes));
        least = Math.min(least, bytes[0]);
        if (bytes[0] <= options.workspaceLimit()) {
          LibraryWork work = new LibraryWork(shape, key.pass.name(number), bytes[0]);
          algorithms.add(new Algorithm(number, work));
        }
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

  private void check(String call, int status) {
    CudaLibrary.CUDNN.check(stream, call, status, LibraryWork.of(key.shape));
  }

  Operands operands() {
    return operands;
  }

  /** What the options allow, the fastest first; at least one. */
  List<Algorithm> algorithms() {
    return algorithms;
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
