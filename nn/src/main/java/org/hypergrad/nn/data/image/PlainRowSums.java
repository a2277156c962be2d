package org.hypergrad.nn.data.image;

/** One output at a time: sums of red and blue are kept in the two halves of a long. */
final class PlainRowSums implements RowSums {
  @Override
  public void write(int[] pixels, Axis columns, int[] row) {
    int[] weights = columns.weights();
    int padded = columns.padded();
    int left = columns.first()[0];
    for (int i = 0; i < columns.outputs(); i++) {
      int from = columns.first()[i] - left;
      int taps = columns.taps()[i];
      long redAndBlue = (long) Axis.HALF << 32 | Axis.HALF;
      int green = Axis.HALF;
      for (int k = 0; k < taps; k++) {
        int pixel = pixels[from + k];
        int weight = weights[k * padded + i];
        redAndBlue += (((long) pixel & 0xFF000000L) << 8 | pixel >>> 8 & 0xFF) * weight;
        green += (pixel >>> 16 & 0xFF) * weight;
      }
      row[i] = (int) (redAndBlue >>> 32 + Axis.FRACTION);
      row[padded + i] = green >>> Axis.FRACTION;
      row[2 * padded + i] = (int) redAndBlue >>> Axis.FRACTION;
    }
  }
}
