package org.hypergrad.nn.data;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Shape;

/** NaN and infinity among the values of an example. */
final class NonFinite {
  private NonFinite() {}

  /** Index of the first value that is not finite, or -1. */
  static long first(DType dtype, MemorySegment values) {
    return switch (dtype) {
      case FLOAT32 -> firstFloat(values);
      case FLOAT64 -> firstDouble(values);
      case INT32, UINT8 -> -1;
    };
  }

  private static long firstFloat(MemorySegment values) {
    long count = values.byteSize() / Float.BYTES;
    int signs = 0;
    for (long i = 0; i < count; i++) {
      // An exponent of all ones, and no other, carries into the sign bit: no branch is needed.
      int bits = values.getAtIndex(ValueLayout.JAVA_INT, i);
      signs |= (bits & Integer.MAX_VALUE) + 0x0080_0000;
    }
    long at = signs < 0 ? 0 : -1;
    while (at >= 0 && Float.isFinite(values.getAtIndex(ValueLayout.JAVA_FLOAT, at))) {
      at++;
    }
    return at;
  }

  private static long firstDouble(MemorySegment values) {
    long count = values.byteSize() / Double.BYTES;
    for (long i = 0; i < count; i++) {
      if (!Double.isFinite(values.getAtIndex(ValueLayout.JAVA_DOUBLE, i))) {
        return i;
      }
    }
    return -1;
  }

  /**
   * What to throw.
   *
   * @param at index of the value, counted from the start of its example or of any before it
   * @param shape of one example
   */
  static DataException exception(String example, String what, double value, long at, Shape shape) {
    return new DataException(
        example,
        what + " is not finite",
        value + " as value " + at % shape.count() + " of shape " + shape,
        "finite values",
        "clean the data or leave the example out with Subset",
        null);
  }
}
