package org.hypergrad.engine;

import java.util.Locale;

/** Tensors as text: nested brackets, long axes shortened to their first and last three. */
final class TensorText {
  private static final int EDGE = 3;
  private static final int LONG = 2 * EDGE + 1;

  private final Tensor tensor;
  private final StringBuilder text = new StringBuilder();

  private TensorText(Tensor tensor) {
    this.tensor = tensor;
  }

  static String of(Tensor tensor) {
    TensorText printer = new TensorText(tensor);
    printer.text.append(tensor.spec()).append(" on ").append(tensor.device()).append(' ');
    printer.axis(0, new long[tensor.rank()]);
    return printer.text.toString();
  }

  private void axis(int axis, long[] index) {
    if (axis == tensor.rank()) {
      text.append(number(tensor.get(index)));
      return;
    }
    long extent = tensor.extent(axis);
    text.append('[');
    for (long i = 0; i < extent; i++) {
      if (i > 0) {
        text.append(axis == tensor.rank() - 1 ? ", " : ",\n" + " ".repeat(axis + 1));
      }
      if (extent > LONG && i == EDGE) {
        text.append("...");
        i = extent - EDGE - 1;
        continue;
      }
      index[axis] = i;
      axis(axis + 1, index);
    }
    text.append(']');
  }

  private String number(double value) {
    return switch (tensor.dtype()) {
      case INT32, UINT8 -> Long.toString((long) value);
      case FLOAT32, FLOAT64 -> String.format(Locale.ROOT, "%.4g", value);
    };
  }
}
