package org.hypergrad.kernels;

/**
 * Matrices of float32 on the device, row by row.
 *
 * @param at the first element of the first one
 * @param transposed whether what lies there is the transpose of what is meant
 * @param leading elements between the starts of neighbouring rows, as they lie there
 * @param batchStride elements between the first elements of neighbouring matrices; 0 if there is
 *     one for all
 */
public record DeviceMatrix(DeviceView at, boolean transposed, long leading, long batchStride) {
  /** One matrix that lies there as it is meant. */
  public static DeviceMatrix of(DeviceView at, long columns) {
    return new DeviceMatrix(at, false, columns, 0);
  }

  /** Bytes from the first element to the end of the last one, for a matrix of rows x columns. */
  long bytes(long batches, long rows, long columns) {
    long stored = transposed ? columns : rows;
    long width = transposed ? rows : columns;
    return ((batches - 1) * batchStride + (stored - 1) * leading + width) * Float.BYTES;
  }

  String describe(long rows, long columns) {
    return "["
        + rows
        + ", "
        + columns
        + "]"
        + (transposed ? " transposed" : "")
        + " by "
        + leading
        + (batchStride == 0 ? "" : " and " + batchStride);
  }
}
