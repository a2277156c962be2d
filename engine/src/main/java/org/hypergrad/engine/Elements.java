package org.hypergrad.engine;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.hypergrad.engine.error.ShapeException;

/** Single elements of any type, to and from double. */
public final class Elements {
  private Elements() {}

  /** Element {@code index} of a segment, as a double; uint8 is unsigned. */
  public static double get(DType dtype, MemorySegment segment, long index) {
    return switch (dtype) {
      case FLOAT32 -> segment.get(ValueLayout.JAVA_FLOAT_UNALIGNED, index * 4);
      case FLOAT64 -> segment.get(ValueLayout.JAVA_DOUBLE_UNALIGNED, index * 8);
      case INT32 -> segment.get(ValueLayout.JAVA_INT_UNALIGNED, index * 4);
      case UINT8 -> segment.get(ValueLayout.JAVA_BYTE, index) & 0xff;
    };
  }

  /**
   * Sets element {@code index}. To an integer type the fraction is cut off; int32 saturates and NaN
   * becomes 0, as Java casts; uint8 then keeps the low eight bits.
   */
  public static void set(DType dtype, MemorySegment segment, long index, double value) {
    switch (dtype) {
      case FLOAT32 -> segment.set(ValueLayout.JAVA_FLOAT_UNALIGNED, index * 4, (float) value);
      case FLOAT64 -> segment.set(ValueLayout.JAVA_DOUBLE_UNALIGNED, index * 8, value);
      case INT32 -> segment.set(ValueLayout.JAVA_INT_UNALIGNED, index * 4, (int) value);
      case UINT8 -> segment.set(ValueLayout.JAVA_BYTE, index, (byte) (int) value);
    }
  }

  /**
   * {@code count} elements from the start of a segment.
   *
   * @throws ShapeException if a Java array cannot hold that many
   */
  static double[] toDoubles(DType dtype, MemorySegment segment, long count) {
    double[] values = new double[arrayLength(count)];
    for (int i = 0; i < values.length; i++) {
      values[i] = get(dtype, segment, i);
    }
    return values;
  }

  /**
   * An array on the heap for {@code count} elements.
   *
   * @throws ShapeException if a Java array cannot hold that many
   */
  public static MemorySegment heap(DType dtype, long count) {
    int length = arrayLength(count);
    return switch (dtype) {
      case FLOAT32 -> MemorySegment.ofArray(new float[length]);
      case FLOAT64 -> MemorySegment.ofArray(new double[length]);
      case INT32 -> MemorySegment.ofArray(new int[length]);
      case UINT8 -> MemorySegment.ofArray(new byte[length]);
    };
  }

  /** {@code count} as the length of a Java array. */
  public static int arrayLength(long count) {
    if (count > Integer.MAX_VALUE - 8) {
      throw new ShapeException(
          "array", "too many elements for a Java array", count + " elements", "< 2^31 - 8", "");
    }
    return (int) count;
  }
}
