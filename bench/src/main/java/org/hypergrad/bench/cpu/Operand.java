package org.hypergrad.bench.cpu;

import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.random.Generator;

/**
 * An input of an op.
 *
 * @param spec type and shape
 * @param bytes that it takes in memory: fewer than by its shape where it is broadcast
 * @param make fills one
 */
record Operand(Spec spec, long bytes, Function<Generator, Tensor> make) {
  private Operand(Spec spec, Function<Generator, Tensor> make) {
    this(spec, Cost.bytes(spec), make);
  }

  /** float32 in [-1, 1). */
  static Operand signed(long... extents) {
    return new Operand(Spec.of(DType.FLOAT32, extents), random -> random.uniform(-1, 1, extents));
  }

  /** float32 in [0.1, 1). */
  static Operand positive(long... extents) {
    return new Operand(Spec.of(DType.FLOAT32, extents), random -> random.uniform(0.1, 1, extents));
  }

  /** Whole numbers from 0 to below a bound, of another type. */
  static Operand whole(DType type, long bound, long... extents) {
    return new Operand(
        Spec.of(type, extents), random -> random.uniform(0, bound, extents).to(type));
  }

  /** Images [N, C, H, W] that lie in memory as a convolution leaves them: channels last. */
  static Operand channelsLast(long... nchw) {
    return signed(nchw[0], nchw[2], nchw[3], nchw[1]).seen(x -> x.permute(0, 3, 1, 2), nchw);
  }

  /** What is computed from others. */
  static Operand computed(Spec spec, Function<Generator, Tensor> make) {
    return new Operand(spec, make);
  }

  /** A view of as many elements. */
  Operand seen(UnaryOperator<Tensor> view, long... extents) {
    return new Operand(Spec.of(spec.dtype(), extents), make.andThen(view));
  }

  /** The same elements again and again. */
  Operand broadcast(long... extents) {
    Spec wide = Spec.of(spec.dtype(), extents);
    return new Operand(wide, bytes, make.andThen(x -> x.broadcastTo(wide.shape())));
  }
}
