package org.hypergrad.nn.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.List;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Spec;
import org.hypergrad.kernels.Simulated;
import org.junit.jupiter.api.Test;

/** Images are prepared on the simulated GPU as they are on the processor. */
@Simulated
class SimulatedImagePreparationTest {
  private static List<float[]> batches(Device device) {
    List<float[]> batches = new ArrayList<>();
    Loader loader =
        Loader.of(Cifar10.synthetic(10, 1, 6).train(), 4)
            .shuffle(8)
            .threads(1)
            .prepare(Cifar10.normalise().crop(4).flip());
    device.run(
        () -> {
          try (Batches epoch = loader.epoch(2)) {
            while (epoch.hasNext()) {
              Scope.run(
                  () -> {
                    Batch batch = epoch.next();
                    assertEquals(device, batch.input().device());
                    assertEquals(
                        Spec.of(DType.FLOAT32, batch.size(), 3, 32, 32), batch.input().spec());
                    batches.add(batch.input().toFloats());
                  });
            }
          }
        });
    return batches;
  }

  @Test
  void batchesAreThoseOfTheProcessor() {
    List<float[]> expected = batches(Device.cpu());
    assertEquals(3, expected.size());
    List<float[]> actual = batches(Device.simulated());
    for (int i = 0; i < expected.size(); i++) {
      // A fused multiplication and addition rounds once.
      assertArrayEquals(expected.get(i), actual.get(i), 1e-6f);
    }
  }
}
