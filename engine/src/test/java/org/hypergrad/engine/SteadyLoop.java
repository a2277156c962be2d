package org.hypergrad.engine;

import java.util.SplittableRandom;
import org.hypergrad.engine.memory.MemoryStats;
import org.hypergrad.engine.op.CrossEntropy;
import org.hypergrad.engine.random.Generator;

/**
 * Builds, differentiates and drops a small network 10,000 times, the last 2,000 with random batch
 * sizes; prints the live and held bytes that {@link SteadyMemoryTest} reads. Arguments: device.
 */
final class SteadyLoop {
  private SteadyLoop() {}

  public static void main(String[] args) {
    Device device = Device.named(args[0]);
    device.run(() -> Scope.run(() -> loop(device)));
  }

  private static void loop(Device device) {
    Generator random = new Generator(1);
    Tensor w = random.normal(0.1, 20, 16).requireGradient();
    Tensor v = random.normal(0.1, 16, 4).requireGradient();
    Tensor bias = Tensor.zeros(16).requireGradient();
    for (int step = 1; step <= 8000; step++) {
      step(random, w, v, bias, 32);
      if (step == 2 || step == 8000) {
        System.out.println("live " + device.memory().live());
      }
    }
    SplittableRandom sizes = new SplittableRandom(3);
    long most = 0;
    for (int step = 8001; step <= 10_000; step++) {
      step(random, w, v, bias, sizes.nextInt(1, 257));
      MemoryStats stats = device.memory();
      most = Math.max(most, stats.live() + stats.cached());
    }
    System.out.println("live " + device.memory().live());
    System.out.println("held " + most);
  }

  private static void step(Generator random, Tensor w, Tensor v, Tensor bias, int batch) {
    Scope.run(
        () -> {
          Tensor x = random.normal(1, batch, 20);
          Tensor labels = x.slice(1, 0, 4).argmax(1);
          Gradients g =
              Tape.record(
                  tape -> {
                    Tensor h = x.matmul(w).add(bias).relu();
                    Tensor logits = random.dropout(h, 0.1).matmul(v);
                    return tape.backward(CrossEntropy.mean().apply(logits, labels));
                  });
          for (Tensor leaf : new Tensor[] {w, v, bias}) {
            leaf.assign(leaf.sub(g.of(leaf).mul(0.05)));
          }
        });
  }
}
