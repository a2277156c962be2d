package org.hypergrad.engine.backend.cuda;

import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.BatchNorm;
import org.hypergrad.kernels.BatchNormShape;
import org.hypergrad.kernels.BatchNormShape.Affine;
import org.hypergrad.kernels.BatchNormShape.Statistics;
import org.hypergrad.kernels.CudaStream;

/**
 * Batch normalisation, by cuDNN but for the gradient in evaluation, which it does not have. More
 * images than cuDNN takes are normalised as the pixels of one.
 */
final class CudaBatchNorm {
  private final CudaStream stream;
  private final CudaStructure structure;

  CudaBatchNorm(CudaStream stream, CudaStructure structure) {
    this.stream = stream;
    this.structure = structure;
  }

  void forward(BatchNorm op, Tensor[] in, Tensor[] out) {
    if (in[0].extent(0) > BatchNormShape.mostImages(op.training())) {
      Tensor[] folded = Dispatch.run(op, fold(in[0]), in[1], in[2], in[3], in[4]);
      unfold(folded, out);
    } else if (op.training()) {
      train(op, in, out);
    } else {
      evaluate(op, in, out);
    }
  }

  private void train(BatchNorm op, Tensor[] in, Tensor[] out) {
    Tensor x = in[0].contiguous();
    Tensor scale = in[1].contiguous();
    Tensor shift = in[2].contiguous();
    Tensor mean = in[3].contiguous();
    Tensor variance = in[4].contiguous();
    stream
        .dnn()
        .normaliseInTraining(
            shape(x),
            op.epsilon(),
            op.momentum(),
            Kernels.view(x),
            new Affine(Kernels.view(scale), Kernels.view(shift)),
            new Statistics(Kernels.view(mean), Kernels.view(variance)),
            Kernels.view(out[0]),
            new Statistics(Kernels.view(out[1]), Kernels.view(out[2])));
    update(mean, in[3]);
    update(variance, in[4]);
  }

  /** Running statistics with gaps between them were changed in a copy. */
  private void update(Tensor changed, Tensor running) {
    if (!running.isContiguous()) {
      structure.copy(changed, running);
    }
    running.changedInPlace();
  }

  private void evaluate(BatchNorm op, Tensor[] in, Tensor[] out) {
    Tensor variance = in[4].contiguous();
    out[1].assign(in[3]);
    out[2].assign(variance.add(op.epsilon()).sqrt().reciprocal());
    if (out[0].count() == 0) {
      return;
    }
    Tensor x = in[0].contiguous();
    Tensor scale = in[1].contiguous();
    Tensor shift = in[2].contiguous();
    stream
        .dnn()
        .normalise(
            shape(x),
            op.epsilon(),
            Kernels.view(x),
            new Affine(Kernels.view(scale), Kernels.view(shift)),
            new Statistics(Kernels.view(out[1]), Kernels.view(variance)),
            Kernels.view(out[0]));
  }

  /** Inputs dy, x, scale, mean, inverse. */
  void gradient(BatchNorm.Gradient op, Tensor[] in, Tensor[] out) {
    if (in[1].count() == 0) {
      out[1].fill(0);
      out[2].fill(0);
    } else if (!op.training()) {
      evaluationGradient(in, out);
    } else if (in[1].extent(0) > BatchNormShape.mostImages(true)) {
      unfold(Dispatch.run(op, fold(in[0]), fold(in[1]), in[2], in[3], in[4]), out);
    } else {
      trainingGradient(in, out);
    }
  }

  private void trainingGradient(Tensor[] in, Tensor[] out) {
    Tensor dy = in[0].contiguous();
    Tensor x = in[1].contiguous();
    Tensor scale = in[2].contiguous();
    Tensor mean = in[3].contiguous();
    Tensor inverse = in[4].contiguous();
    stream
        .dnn()
        .normalisationGradient(
            shape(x),
            Kernels.view(x),
            Kernels.view(dy),
            Kernels.view(scale),
            new Statistics(Kernels.view(mean), Kernels.view(inverse)),
            Kernels.view(out[0]),
            new Affine(Kernels.view(out[1]), Kernels.view(out[2])));
  }

  /** The statistics are constants: dx = dy scale inverse. */
  private static void evaluationGradient(Tensor[] in, Tensor[] out) {
    Tensor dy = pixels(in[0]);
    Tensor normal = pixels(in[1]).sub(in[3].unsqueeze(-1)).mul(in[4].unsqueeze(-1));
    Tensor dx = dy.mul(in[2].mul(in[4]).unsqueeze(-1));
    out[0].assign(dx.reshape(out[0].shape().toArray()));
    out[1].assign(dy.mul(normal).sum(0, 2));
    out[2].assign(dy.sum(0, 2));
  }

  /** x as [N, C, pixels]. */
  private static Tensor pixels(Tensor x) {
    return x.reshape(x.extent(0), x.extent(1), x.count() / x.extent(0) / x.extent(1));
  }

  private static BatchNormShape shape(Tensor x) {
    return new BatchNormShape(x.extent(0), x.extent(1), x.count() / x.extent(0) / x.extent(1));
  }

  /** x [N, C, d...] as [1, C, N pixels]. */
  private static Tensor fold(Tensor x) {
    return x.transpose(0, 1).reshape(1, x.extent(1), x.count() / x.extent(1));
  }

  /** Copies results whose first is folded. */
  private static void unfold(Tensor[] folded, Tensor[] out) {
    Shape shape = out[0].shape();
    Shape byChannel = shape.with(0, shape.extent(1)).with(1, shape.extent(0));
    out[0].assign(folded[0].reshape(byChannel.toArray()).transpose(0, 1));
    out[1].assign(folded[1]);
    out[2].assign(folded[2]);
  }
}
