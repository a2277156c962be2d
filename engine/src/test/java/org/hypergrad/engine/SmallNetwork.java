package org.hypergrad.engine;

import org.hypergrad.engine.op.Conv2d;
import org.hypergrad.engine.op.CrossEntropy;
import org.hypergrad.engine.op.Window2d;
import org.hypergrad.engine.random.Generator;

/**
 * A program that only asks for the best device: one convolution, one dense layer, three steps of
 * gradient descent. Prints the device and each loss, for {@link StandaloneTest}.
 */
final class SmallNetwork {
  private SmallNetwork() {}

  public static void main(String[] args) {
    Scope.run(SmallNetwork::train);
    System.out.println("device " + Device.best());
  }

  private static void train() {
    Generator random = new Generator(5);
    Tensor x = random.normal(1, 4, 3, 8, 8);
    Tensor labels = Tensor.of(new int[] {0, 1, 2, 1}, 4);
    Tensor kernel = random.normal(0.2, 5, 3, 3, 3).requireGradient();
    Tensor weight = random.normal(0.2, 5, 3).requireGradient();
    for (int step = 0; step < 3; step++) {
      Gradients gradients =
          Tape.record(
              tape -> {
                Tensor features =
                    Conv2d.of(Window2d.UNIT.withPadding(1)).apply(x, kernel).relu().mean(2, 3);
                Tensor loss = CrossEntropy.mean().apply(features.matmul(weight), labels);
                System.out.println("loss " + loss.item());
                return tape.backward(loss);
              });
      for (Tensor leaf : new Tensor[] {kernel, weight}) {
        leaf.assign(leaf.sub(gradients.of(leaf)));
      }
    }
  }
}
