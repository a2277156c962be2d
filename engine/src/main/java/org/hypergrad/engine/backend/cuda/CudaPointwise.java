package org.hypergrad.engine.backend.cuda;

import java.util.Locale;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.Arange;
import org.hypergrad.engine.op.Binary;
import org.hypergrad.engine.op.Cast;
import org.hypergrad.engine.op.Compare;
import org.hypergrad.engine.op.Dropout;
import org.hypergrad.engine.op.RandomNormal;
import org.hypergrad.engine.op.RandomUniform;
import org.hypergrad.engine.op.Unary;
import org.hypergrad.kernels.Launch;

/**
 * Ops whose elements do not depend on each other: functions, comparison, casts, numbers. Results
 * are contiguous; operands lie anyhow.
 */
final class CudaPointwise {
  private final Kernels kernels;
  private final Draws draws;

  /** Adds where a kernel finds the stream of random numbers that takes the place of its own. */
  @FunctionalInterface
  interface Draws {
    Launch add(Launch launch, long seed, long stream);
  }

  CudaPointwise(Kernels kernels, Draws draws) {
    this.kernels = kernels;
    this.draws = draws;
  }

  /** How kernels name an element type. */
  static String suffix(DType dtype) {
    return switch (dtype) {
      case FLOAT32 -> "f32";
      case INT32 -> "i32";
      case UINT8 -> "u8";
      case FLOAT64 -> throw new IllegalArgumentException("no kernels for " + dtype);
    };
  }

  private static String name(Enum<?> kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  /** Begins a launch of the form (result, operands, strides, count, ...). */
  private Launch map(String kernel, Tensor out, Tensor... operands) {
    Strided strided = Strided.of(out.shape(), operands);
    Launch launch = Kernels.pointers(kernels.over(out.count(), kernel), out);
    return strided.into(Kernels.pointers(launch, operands)).int64(out.count());
  }

  void unary(Unary op, Tensor x, Tensor out) {
    map("unary_" + name(op.kind()) + "_f32", out, x)
        .float32((float) op.a())
        .float32((float) op.b())
        .run();
  }

  /** The operand that a kind does not keep is not read: dy stands in its place. */
  void unaryGradient(Unary.Gradient op, Tensor[] in, Tensor out) {
    map("unary_" + name(op.kind()) + "_gradient_f32", out, in[0], in[in.length - 1])
        .float32((float) op.a())
        .float32((float) op.b())
        .run();
  }

  void binary(Binary op, Tensor x, Tensor y, Tensor out) {
    map("binary_" + name(op.kind()) + "_f32", out, x, y).run();
  }

  void binaryGradient(Binary.Gradient op, Tensor[] in, Tensor out) {
    String side = op.second() ? "_gradient_y_f32" : "_gradient_x_f32";
    map("binary_" + name(op.kind()) + side, out, in).run();
  }

  void compare(Compare op, Tensor x, Tensor y, Tensor out) {
    map("pointwise_" + name(op.kind()) + "_" + suffix(x.dtype()), out, x, y).run();
  }

  void where(Tensor[] in, Tensor out) {
    map("pointwise_where_b" + 8 * out.dtype().bytes(), out, in).run();
  }

  /** Between two types; a tensor of the right type is copied. */
  void cast(Cast op, Tensor x, Tensor out) {
    map("pointwise_cast_" + suffix(x.dtype()) + "_" + suffix(op.dtype()), out, x).run();
  }

  void arange(Arange op, Tensor out) {
    Launch launch = kernels.over(out.count(), "pointwise_arange_" + suffix(out.dtype()));
    Kernels.pointer(launch, out).int64(out.count()).float64(op.start()).float64(op.step()).run();
  }

  private Launch stream(Launch launch, Tensor out, long seed, long stream) {
    return draws.add(launch.int64(out.count()).int64(seed).int64(stream), seed, stream);
  }

  void uniform(RandomUniform op, Tensor out) {
    Launch launch = Kernels.pointer(kernels.over(out.count(), "random_uniform_f32"), out);
    stream(launch, out, op.seed(), op.stream())
        .float64(op.low())
        .float64(op.high() - op.low())
        .run();
  }

  void normal(RandomNormal op, Tensor out) {
    Launch launch = Kernels.pointer(kernels.over(out.count(), "random_normal_f32"), out);
    stream(launch, out, op.seed(), op.stream())
        .float32((float) op.mean())
        .float32((float) op.deviation())
        .run();
  }

  void dropout(Dropout op, Tensor x, Tensor out) {
    Tensor dense = x.contiguous();
    Launch launch = kernels.over(out.count(), "random_dropout_f32");
    stream(Kernels.pointers(launch, out, dense), out, op.seed(), op.stream())
        .int32((int) Math.ceil(op.probability() * 0x1p24))
        .float32((float) op.scale())
        .run();
  }
}
