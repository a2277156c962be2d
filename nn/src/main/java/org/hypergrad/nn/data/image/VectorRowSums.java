package org.hypergrad.nn.data.image;

import static jdk.incubator.vector.VectorOperators.LSHR;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;
import org.hypergrad.engine.backend.cpu.loops.VectorWidth;

/** As many outputs at a time as a vector has lanes, whose pixels are gathered. */
final class VectorRowSums implements RowSums {
  private static final VectorSpecies<Integer> SPECIES =
      VectorSpecies.of(int.class, VectorWidth.SHAPE);

  @Override
  public void write(int[] pixels, Axis columns, int[] row) {
    int[] weights = columns.weights();
    int[] first = columns.first();
    int padded = columns.padded();
    int left = first[0];
    for (int i = 0; i < padded; i += SPECIES.length()) {
      IntVector red = IntVector.broadcast(SPECIES, Axis.HALF);
      IntVector green = red;
      IntVector blue = red;
      for (int k = 0; k < columns.most(); k++) {
        IntVector pixel = IntVector.fromArray(SPECIES, pixels, k - left, first, i);
        IntVector weight = IntVector.fromArray(SPECIES, weights, k * padded + i);
        red = red.add(pixel.lanewise(LSHR, 24).mul(weight));
        green = green.add(pixel.lanewise(LSHR, 16).and(0xFF).mul(weight));
        blue = blue.add(pixel.lanewise(LSHR, 8).and(0xFF).mul(weight));
      }
      red.lanewise(LSHR, Axis.FRACTION).intoArray(row, i);
      green.lanewise(LSHR, Axis.FRACTION).intoArray(row, padded + i);
      blue.lanewise(LSHR, Axis.FRACTION).intoArray(row, 2 * padded + i);
    }
  }
}
