package org.hypergrad.engine.conformance;

import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Shape;

/**
 * One input of a case.
 *
 * @param integer null for a floating input, whose type the run decides, else its type
 * @param shape extents
 * @param kind what the values are like
 */
record Input(DType integer, Shape shape, Kind kind) {
  /** Kinds of values. */
  enum Kind {
    /** Uniform in [-2, 2]. */
    SIGNED,
    /** Uniform in [0.5, 2]. */
    POSITIVE,
    /** 0 or 1. */
    BOOLEAN,
    /** Whole numbers from 0 to 2. */
    SMALL_INDEX,
    /** Whole numbers from -2 to 2. */
    SMALL_OFFSET,
    /** Whole numbers from 0 to 255. */
    PIXEL
  }

  static Input signed(long... extents) {
    return new Input(null, Shape.of(extents), Kind.SIGNED);
  }

  static Input positive(long... extents) {
    return new Input(null, Shape.of(extents), Kind.POSITIVE);
  }

  static Input condition(long... extents) {
    return new Input(DType.UINT8, Shape.of(extents), Kind.BOOLEAN);
  }

  static Input index(long... extents) {
    return new Input(DType.INT32, Shape.of(extents), Kind.SMALL_INDEX);
  }

  static Input offset(long... extents) {
    return new Input(DType.INT32, Shape.of(extents), Kind.SMALL_OFFSET);
  }

  static Input pixel(long... extents) {
    return new Input(DType.UINT8, Shape.of(extents), Kind.PIXEL);
  }

  boolean floating() {
    return integer == null;
  }

  /** Values that float32 holds exactly; floating ones are distinct, so that no maximum ties. */
  double[] values(SplittableRandom random) {
    int count = (int) shape.count();
    return DoubleStream.generate(
            () ->
                switch (kind) {
                  case SIGNED -> (float) random.nextDouble(-2, 2);
                  case POSITIVE -> (float) random.nextDouble(0.5, 2);
                  case BOOLEAN -> random.nextInt(2);
                  case SMALL_INDEX -> random.nextInt(3);
                  case SMALL_OFFSET -> random.nextInt(-2, 3);
                  case PIXEL -> random.nextInt(256);
                })
        .limit(count)
        .toArray();
  }
}
