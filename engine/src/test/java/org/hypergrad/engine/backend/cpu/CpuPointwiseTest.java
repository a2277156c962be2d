package org.hypergrad.engine.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.random.Generator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CpuPointwiseTest {
  private final int threads = Device.cpu().threads();

  @AfterEach
  void restoreThreads() {
    Device.cpu().setThreads(threads);
  }

  private static float[] network() {
    return Device.cpu()
        .call(
            () ->
                Scope.call(
                    () -> {
                      Generator random = new Generator(7);
                      Tensor x = random.normal(1, 301, 333);
                      Tensor row = random.uniform(0.5, 2, 333);
                      Tensor column = random.uniform(0.5, 2, 301, 1);
                      Tensor y = x.mul(row).add(column).gelu().div(row).tanh();
                      return random.dropout(y.transpose().add(x.transpose()), 0.3).toFloats();
                    }));
  }

  @Test
  void anyNumberOfThreadsGivesTheSameBits() {
    Device.cpu().setThreads(1);
    float[] one = network();
    for (int n : new int[] {2, 3}) {
      Device.cpu().setThreads(n);
      assertArrayEquals(one, network(), 0f, n + " threads");
    }
  }

  @Test
  void channelsLastImagesStaySo() {
    Device.cpu()
        .run(
            () ->
                Scope.run(
                    () -> {
                      Tensor x = new Generator(1).normal(1, 2, 3, 4, 5);
                      Tensor last = x.permute(0, 2, 3, 1).copy().permute(0, 3, 1, 2);
                      Tensor y = last.relu().add(Tensor.ones(3, 1, 1));
                      assertTrue(CpuProducts.isChannelsLast(y));
                      assertArrayEquals(
                          x.relu().add(Tensor.ones(3, 1, 1)).toFloats(), y.toFloats(), 0f);
                    }));
  }
}
