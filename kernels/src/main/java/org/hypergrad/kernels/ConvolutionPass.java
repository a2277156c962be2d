package org.hypergrad.kernels;

import java.util.List;
import jcuda.Pointer;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnConvolutionBwdDataAlgo;
import jcuda.jcudnn.cudnnConvolutionBwdDataAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionBwdFilterAlgo;
import jcuda.jcudnn.cudnnConvolutionBwdFilterAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionDescriptor;
import jcuda.jcudnn.cudnnConvolutionFwdAlgo;
import jcuda.jcudnn.cudnnConvolutionFwdAlgoPerf;
import jcuda.jcudnn.cudnnDeterminism;
import jcuda.jcudnn.cudnnFilterDescriptor;
import jcuda.jcudnn.cudnnHandle;
import jcuda.jcudnn.cudnnTensorDescriptor;

/**
 * The three things that are computed of a convolution y = x * w, each by a family of calls of
 * cuDNN. Operands come as x, w, y; which one is the result is the pass's own business.
 */
enum ConvolutionPass {
  /** y from x and w. */
  FORWARD("Forward"),
  /** The gradient by x, from w and the gradient by y. */
  INPUT_GRADIENT("BackwardData"),
  /** The gradient by w, from x and the gradient by y. */
  WEIGHT_GRADIENT("BackwardFilter");

  /** More than any pass has, in all kinds of arithmetic. */
  private static final int MOST = 32;

  private final String title;

  ConvolutionPass(String title) {
    this.title = title;
  }

  /** Descriptors of the operands and of the steps between them. */
  record Operands(
      cudnnTensorDescriptor x,
      cudnnFilterDescriptor w,
      cudnnTensorDescriptor y,
      cudnnConvolutionDescriptor steps) {}

  /** Where the operands and the workspace lie. */
  record Addresses(Pointer x, Pointer w, Pointer y, Pointer workspace, long workspaceBytes) {}

  /**
   * An algorithm as cuDNN ranks it, for one geometry. In which arithmetic it computes, the
   * operands' descriptor says: of the three passes, JCuda's natives report it for two.
   *
   * @param algorithm cuDNN's number for it
   * @param deterministic whether it gives the same bits each time
   * @param runs whether it can run at all
   */
  record Ranked(int algorithm, boolean deterministic, boolean runs) {
    static Ranked of(int algorithm, int status, int determinism) {
      return new Ranked(
          algorithm, determinism == cudnnDeterminism.CUDNN_DETERMINISTIC, status == 0);
    }
  }

  /** The call that computes. */
  String call() {
    return "cudnnConvolution" + title;
  }

  String rankingCall() {
    return "cudnnGetConvolution" + title + "Algorithm_v7";
  }

  String workspaceCall() {
    return "cudnnGetConvolution" + title + "WorkspaceSize";
  }

  /** cuDNN's name of an algorithm. */
  String name(int algorithm) {
    return switch (this) {
      case FORWARD -> cudnnConvolutionFwdAlgo.stringFor(algorithm);
      case INPUT_GRADIENT -> cudnnConvolutionBwdDataAlgo.stringFor(algorithm);
      case WEIGHT_GRADIENT -> cudnnConvolutionBwdFilterAlgo.stringFor(algorithm);
    };
  }

  /** Adds the algorithms as cuDNN's heuristics rank them, the fastest first; returns the status. */
  int rank(cudnnHandle handle, Operands of, List<Ranked> ranked) {
    return switch (this) {
      case FORWARD -> rankForward(handle, of, ranked);
      case INPUT_GRADIENT -> rankInputGradient(handle, of, ranked);
      case WEIGHT_GRADIENT -> rankWeightGradient(handle, of, ranked);
    };
  }

  private static int rankForward(cudnnHandle handle, Operands of, List<Ranked> ranked) {
    int[] count = {0};
    var found = new cudnnConvolutionFwdAlgoPerf[MOST];
    int status =
        JCudnn.cudnnGetConvolutionForwardAlgorithm_v7(
            handle, of.x, of.w, of.steps, of.y, MOST, count, found);
    for (int i = 0; i < count[0]; i++) {
      var p = found[i];
      ranked.add(Ranked.of(p.algo, p.status, p.determinism));
    }
    return status;
  }

  private static int rankInputGradient(cudnnHandle handle, Operands of, List<Ranked> ranked) {
    int[] count = {0};
    var found = new cudnnConvolutionBwdDataAlgoPerf[MOST];
    int status =
        JCudnn.cudnnGetConvolutionBackwardDataAlgorithm_v7(
            handle, of.w, of.y, of.steps, of.x, MOST, count, found);
    for (int i = 0; i < count[0]; i++) {
      var p = found[i];
      ranked.add(Ranked.of(p.algo, p.status, p.determinism));
    }
    return status;
  }

  private static int rankWeightGradient(cudnnHandle handle, Operands of, List<Ranked> ranked) {
    int[] count = {0};
    var found = new cudnnConvolutionBwdFilterAlgoPerf[MOST];
    int status =
        JCudnn.cudnnGetConvolutionBackwardFilterAlgorithm_v7(
            handle, of.x, of.y, of.steps, of.w, MOST, count, found);
    for (int i = 0; i < count[0]; i++) {
      var p = found[i];
      ranked.add(Ranked.of(p.algo, p.status, p.determinism));
    }
    return status;
  }

  /** Asks how many bytes an algorithm needs besides its operands; returns the status. */
  int workspace(cudnnHandle handle, Operands of, int algorithm, long[] bytes) {
    return switch (this) {
      case FORWARD ->
          JCudnn.cudnnGetConvolutionForwardWorkspaceSize(
              handle, of.x, of.w, of.steps, of.y, algorithm, bytes);
      case INPUT_GRADIENT ->
          JCudnn.cudnnGetConvolutionBackwardDataWorkspaceSize(
              handle, of.w, of.y, of.steps, of.x, algorithm, bytes);
      case WEIGHT_GRADIENT ->
          JCudnn.cudnnGetConvolutionBackwardFilterWorkspaceSize(
              handle, of.x, of.y, of.steps, of.w, algorithm, bytes);
    };
  }

  /** Queues the work; returns the status. */
  int run(cudnnHandle handle, Operands of, int algorithm, Addresses at, CudaBlas.Scalars scalars) {
    return switch (this) {
      case FORWARD ->
          JCudnn.cudnnConvolutionForward(
              handle,
              scalars.one,
              of.x,
              at.x,
              of.w,
              at.w,
              of.steps,
              algorithm,
              at.workspace,
              at.workspaceBytes,
              scalars.zero,
              of.y,
              at.y);
      case INPUT_GRADIENT ->
          JCudnn.cudnnConvolutionBackwardData(
              handle,
              scalars.one,
              of.w,
              at.w,
              of.y,
              at.y,
              of.steps,
              algorithm,
              at.workspace,
              at.workspaceBytes,
              scalars.zero,
              of.x,
              at.x);
      case WEIGHT_GRADIENT ->
          JCudnn.cudnnConvolutionBackwardFilter(
              handle,
              scalars.one,
              of.x,
              at.x,
              of.y,
              at.y,
              of.steps,
              algorithm,
              at.workspace,
              at.workspaceBytes,
              scalars.zero,
              of.w,
              at.w);
    };
  }
}
