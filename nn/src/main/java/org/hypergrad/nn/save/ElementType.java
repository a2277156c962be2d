package org.hypergrad.nn.save;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.Optional;
import org.hypergrad.engine.DType;

/** Element types of the format, by their names in files. All are little-endian. */
enum ElementType {
  BOOL(8, DType.UINT8),
  U8(8, DType.UINT8),
  I8(8, null),
  F8_E5M2(8, null),
  F8_E4M3(8, null),
  F8_E8M0(8, null),
  F6_E2M3(6, null),
  F6_E3M2(6, null),
  F4(4, null),
  I16(16, null),
  U16(16, null),
  F16(16, DType.FLOAT32),
  BF16(16, DType.FLOAT32),
  I32(32, DType.INT32),
  U32(32, null),
  F32(32, DType.FLOAT32),
  F64(64, DType.FLOAT64),
  I64(64, DType.INT32),
  U64(64, null),
  C64(64, null);

  private static final ValueLayout.OfShort SHORT =
      ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
  private static final ValueLayout.OfDouble DOUBLE =
      ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Integers of 64 bits in files. */
  static final ValueLayout.OfLong LONG =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final int bits;

  /** What its values become here, or null if they cannot be read. */
  private final DType readAs;

  ElementType(int bits, DType readAs) {
    this.bits = bits;
    this.readAs = readAs;
  }

  /** The type of this name, if it is known. */
  static Optional<ElementType> named(String name) {
    for (ElementType type : values()) {
      if (type.name().equals(name)) {
        return Optional.of(type);
      }
    }
    return Optional.empty();
  }

  /** The type whose bytes are those of tensors of {@code dtype}. */
  static ElementType of(DType dtype) {
    return switch (dtype) {
      case FLOAT32 -> F32;
      case FLOAT64 -> F64;
      case INT32 -> I32;
      case UINT8 -> U8;
    };
  }

  int bits() {
    return bits;
  }

  /** What its values become here, if they can be read. */
  Optional<DType> readAs() {
    return Optional.ofNullable(readAs);
  }

  boolean isFloating() {
    return readAs != null && readAs.isFloating();
  }

  /** Whether the bytes of a file are those of a tensor of {@code dtype}. */
  boolean isSame(DType dtype) {
    return this == of(dtype) || (this == BOOL && dtype == DType.UINT8);
  }

  /** Element {@code index} of a floating type. */
  double get(MemorySegment data, long index) {
    return switch (this) {
      case F16 -> Float.float16ToFloat(data.get(SHORT, 2 * index));
      case BF16 -> Float.intBitsToFloat(data.get(SHORT, 2 * index) << 16);
      case F32 -> data.get(FLOAT, 4 * index);
      case F64 -> data.get(DOUBLE, 8 * index);
      default -> throw new IllegalStateException(this + " is no floating type");
    };
  }
}
