package org.hypergrad.engine;

/** Element types. Arithmetic is for the floating types; integers index, label and hold images. */
public enum DType {
  FLOAT32("float32", 4),
  /** For the reference device: gradient checks and oracles. */
  FLOAT64("float64", 8),
  INT32("int32", 4),
  /** Unsigned, 0 to 255; also the type of comparison results (0 or 1). */
  UINT8("uint8", 1);

  private final String text;
  private final int bytes;

  DType(String text, int bytes) {
    this.text = text;
    this.bytes = bytes;
  }

  /** Bytes per element. */
  public int bytes() {
    return bytes;
  }

  /** Whether arithmetic and gradients exist for this type. */
  public boolean isFloating() {
    return this == FLOAT32 || this == FLOAT64;
  }

  @Override
  public String toString() {
    return text;
  }
}
