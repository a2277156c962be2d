package org.hypergrad.engine.backend.cuda;

import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.CrossEntropy;
import org.hypergrad.engine.op.Reduction;
import org.hypergrad.engine.op.Softmax;
import org.hypergrad.kernels.DeviceMemory;
import org.hypergrad.kernels.Launch;

/** Softmax and cross-entropy. */
final class CudaLosses {
  private final Kernels kernels;
  private final Faults faults;

  CudaLosses(Kernels kernels, Faults faults) {
    this.kernels = kernels;
    this.faults = faults;
  }

  void softmax(Softmax op, Tensor x, Tensor out) {
    softmax(op.axis(), op.log() ? "softmax_log_f32" : "softmax_value_f32", out, x.contiguous());
  }

  void softmaxGradient(Softmax.Gradient op, Tensor[] in, Tensor out) {
    softmax(
        op.axis(),
        op.log() ? "softmax_log_gradient_f32" : "softmax_value_gradient_f32",
        out,
        in[0].contiguous(),
        in[1].contiguous());
  }

  private void softmax(int axis, String kernel, Tensor out, Tensor... in) {
    long count = out.extent(axis);
    long inner = CudaStructure.inner(out.shape(), out.shape().axis("softmax", axis));
    int lanes = Team.lanes(count, inner > 1);
    long groups = out.count() / count;
    Launch launch = kernels.blocks(Team.tiles(groups, lanes), kernel);
    Kernels.pointers(Kernels.pointer(launch, out), in)
        .int64(groups)
        .int64(count)
        .int64(inner)
        .int32(lanes)
        .run();
  }

  /** A batch of logits with its labels, in the order of the kernels' arguments. */
  private record Batch(
      CrossEntropy op, Tensor logits, Tensor labels, Tensor weights, long classes, long inner) {
    static Batch of(CrossEntropy op, Tensor[] in, int first) {
      Tensor logits = in[first].contiguous();
      return new Batch(
          op,
          logits,
          in[first + 1].contiguous(),
          in.length > first + 2 ? in[first + 2].contiguous() : null,
          logits.extent(1),
          CudaStructure.inner(logits.shape(), 1));
    }

    long examples() {
      return labels.count();
    }

    int lanes() {
      return Team.lanes(classes, inner > 1);
    }

    long tiles() {
      return Team.tiles(examples(), lanes());
    }

    Launch labelsAndWeights(Launch launch) {
      Kernels.pointer(launch, labels);
      return weights == null ? launch.nullPointer() : Kernels.pointer(launch, weights);
    }
  }

  void crossEntropy(CrossEntropy op, Tensor[] in, Tensor out) {
    Batch batch = Batch.of(op, in, 0);
    if (op.reduction() == Reduction.NONE) {
      losses(batch, Kernels.block(out), Kernels.byteOffset(out));
      return;
    }
    try (DeviceMemory losses = kernels.scratch(op.name(), batch.examples() * Float.BYTES)) {
      losses(batch, losses, 0);
      Launch launch = kernels.blocks(1, "cross_entropy_total_f32");
      total(batch, Kernels.pointer(launch, out).nullPointer().pointer(losses));
    }
  }

  private void losses(Batch batch, DeviceMemory losses, long byteOffset) {
    CrossEntropy op = batch.op;
    long cell =
        faults.cell(
            new Faults.Watch(
                op.name(),
                "label out of range",
                "labels " + batch.labels.spec(),
                "0 <= label < " + batch.classes + ", or the ignored " + op.ignoredLabel()));
    Launch launch = kernels.blocks(batch.tiles(), "cross_entropy_loss_f32");
    faults.pointer(launch.pointer(losses, byteOffset), cell);
    batch
        .labelsAndWeights(Kernels.pointer(launch, batch.logits))
        .int64(batch.examples())
        .int64(batch.classes)
        .int64(batch.inner)
        .int32(batch.lanes())
        .int32(op.ignoredLabel())
        .float64(op.labelSmoothing())
        .run();
  }

  /** The loss of a batch and what it was divided by, from the losses of its examples. */
  private void total(Batch batch, Launch launch) {
    batch
        .labelsAndWeights(launch)
        .int64(batch.examples())
        .int64(batch.classes)
        .int32(batch.op.ignoredLabel())
        .int32(batch.op.reduction() == Reduction.MEAN ? 1 : 0)
        .run();
  }

  void crossEntropyGradient(CrossEntropy.Gradient op, Tensor[] in, Tensor out) {
    CrossEntropy forward = op.forward();
    Tensor dy = in[0].contiguous();
    Batch batch = Batch.of(forward, in, 1);
    try (DeviceMemory divisor = kernels.scratch(op.name(), Float.BYTES)) {
      Launch total = kernels.blocks(1, "cross_entropy_total_f32");
      total(batch, total.nullPointer().pointer(divisor).nullPointer());
      Launch launch = kernels.blocks(batch.tiles(), "cross_entropy_gradient_f32");
      batch
          .labelsAndWeights(Kernels.pointers(launch, out, dy, batch.logits))
          .pointer(divisor)
          .int64(batch.examples())
          .int64(batch.classes)
          .int64(batch.inner)
          .int32(batch.lanes())
          .int32(forward.reduction() == Reduction.NONE ? 1 : 0)
          .int32(forward.ignoredLabel())
          .float64(forward.labelSmoothing())
          .run();
    }
  }
}
