package org.hypergrad.nn.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.junit.jupiter.api.Test;

class AccumulatorTest {
  private static final int INPUTS = 5;
  private static final int EXAMPLES = 7;

  /** Of the mean over rows [from, to) of the squared length of tanh(x w), in float64. */
  private static Gradients gradients(Tensor w, double[] x, int from, int to) {
    return Tape.record(
        tape -> {
          tape.watch(w);
          Tensor rows =
              Tensor.of(Arrays.copyOfRange(x, from * INPUTS, to * INPUTS), to - from, INPUTS);
          Tensor y = rows.matmul(w).tanh();
          return tape.backward(y.mul(y).sum().mul(1.0 / (to - from)));
        });
  }

  /** Micro-batches of 3, 3 and 1. */
  @Test
  void microBatchesGiveTheGradientOfTheWhole() {
    double[] x = new SplittableRandom(1).doubles(EXAMPLES * INPUTS, -1, 1).toArray();
    double[] first = new SplittableRandom(2).doubles(INPUTS * 4, -1, 1).toArray();
    Device.reference()
        .run(
            () ->
                Scope.run(
                    () -> {
                      Tensor w = Tensor.of(first, INPUTS, 4);
                      double[] whole = gradients(w, x, 0, EXAMPLES).of(w).toDoubles();
                      try (Accumulator sum = new Accumulator()) {
                        for (int from = 0; from < EXAMPLES; from += 3) {
                          int to = Math.min(from + 3, EXAMPLES);
                          sum.add(gradients(w, x, from, to), to - from);
                        }
                        assertArrayEquals(whole, sum.take().of(w).toDoubles(), 1e-14);
                      }
                    }));
  }
}
