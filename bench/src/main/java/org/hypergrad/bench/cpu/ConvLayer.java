package org.hypergrad.bench.cpu;

import java.util.List;
import java.util.Locale;
import org.hypergrad.engine.op.Conv2d;
import org.hypergrad.engine.op.Window2d;

/** A convolution of square images with square kernels. */
record ConvLayer(
    long batch, long channels, long extent, long outputs, long kernel, long stride, long padding) {
  /** The passes of a convolution. */
  enum Pass {
    FORWARD,
    INPUT_GRADIENT,
    WEIGHT_GRADIENT;

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }
  }

  long[] x() {
    return new long[] {batch, channels, extent, extent};
  }

  long[] w() {
    return new long[] {outputs, channels, kernel, kernel};
  }

  long[] y() {
    long out = (extent + 2 * padding - kernel) / stride + 1;
    return new long[] {batch, outputs, out, out};
  }

  /** Whether x is a data set's images. */
  boolean isFirst() {
    return channels == 3;
  }

  /** Nobody asks for the gradient of a data set's images. */
  boolean has(Pass pass) {
    return pass != Pass.INPUT_GRADIENT || !isFirst();
  }

  /** A pass by the engine's op. */
  OpRow row(String name, Pass pass) {
    Conv2d conv = Conv2d.of(Window2d.UNIT.withStride(stride).withPadding(padding));
    // A data set's images lie channels first, what a convolution leaves lies channels last.
    Operand x = isFirst() ? Operand.signed(x()) : Operand.channelsLast(x());
    Operand w = Operand.signed(w());
    Operand dy = Operand.channelsLast(y());
    return switch (pass) {
      case FORWARD -> OpRow.of(name, conv, x, w);
      case INPUT_GRADIENT -> OpRow.of(name, new Conv2d.InputGradient(conv, extent, extent), dy, w);
      case WEIGHT_GRADIENT ->
          OpRow.of(name, new Conv2d.WeightGradient(conv, kernel, kernel), x, dy);
    };
  }

  /** Of the layers that take part in it, one pass after another. */
  static Cost cost(List<ConvLayer> layers, Pass pass) {
    return new Cost(
        Cost.Unit.FLOP,
        layers.stream()
            .filter(layer -> layer.has(pass))
            .mapToLong(layer -> layer.row("", pass).cost().amount())
            .sum());
  }

  @Override
  public String toString() {
    return "%d x %d x %d to %d by %d x %d%s"
        .formatted(
            channels, extent, extent, outputs, kernel, kernel, stride > 1 ? " / " + stride : "");
  }
}
