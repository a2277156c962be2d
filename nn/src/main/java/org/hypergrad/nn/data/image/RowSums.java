package org.hypergrad.nn.data.image;

/** Resamples a row of pixels. */
interface RowSums {
  /**
   * Writes the outputs of a row, rounded.
   *
   * @param pixels from the columns' first one on; behind the last there are as many more as an
   *     output has, of any value
   * @param row red, green and blue, each as long as the columns' padded outputs
   */
  void write(int[] pixels, Axis columns, int[] row);

  /** The fastest that this JVM offers. */
  static RowSums best() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
        ? new VectorRowSums()
        : new PlainRowSums();
  }
}
