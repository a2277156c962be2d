package org.hypergrad.engine.cuda;

import java.util.List;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.BatchNorm;
import org.hypergrad.engine.op.Conv2d;
import org.hypergrad.engine.op.CrossEntropy;
import org.hypergrad.engine.op.Dropout;
import org.hypergrad.engine.op.MaxPool2d;
import org.hypergrad.engine.op.Pool2d;
import org.hypergrad.engine.op.Window2d;
import org.hypergrad.engine.random.Generator;

/**
 * A small network that uses every library below the engine: convolution with bias, batch
 * normalisation, pooling, dropout, a product and a loss; and a step of gradient descent on it.
 */
final class TrainingStep implements AutoCloseable {
  private static final int BATCH = 4;

  private final Device device;
  private final Tensor kernel;
  private final Tensor bias;
  private final Tensor scale;
  private final Tensor shift;
  private final Tensor mean;
  private final Tensor variance;
  private final Tensor weight;
  private int steps;

  TrainingStep(Device device) {
    this.device = device;
    Generator random = new Generator(5);
    Tensor[] made =
        device.call(
            () ->
                Scope.call(
                    () ->
                        new Tensor[] {
                          random.normal(0.3, 6, 3, 3, 3),
                          Tensor.zeros(6),
                          Tensor.ones(6),
                          Tensor.zeros(6),
                          Tensor.zeros(6),
                          Tensor.ones(6),
                          random.normal(0.3, 6 * 4 * 4, 5)
                        }));
    kernel = made[0].requireGradient();
    bias = made[1].requireGradient();
    scale = made[2].requireGradient();
    shift = made[3].requireGradient();
    mean = made[4];
    variance = made[5];
    weight = made[6].requireGradient();
  }

  private List<Tensor> parameters() {
    return List.of(kernel, bias, scale, shift, weight);
  }

  /** One step; the loss is the caller's. */
  Tensor run() {
    return device.call(() -> Scope.call(this::step));
  }

  private Tensor step() {
    Generator random = new Generator(100 + steps);
    Tensor x = random.normal(1, BATCH, 3, 8, 8);
    Tensor labels = Tensor.of(new int[] {0, 1, 4, steps % 5}, BATCH);
    Tensor[] loss = new Tensor[1];
    Gradients gradients =
        Tape.record(
            tape -> {
              loss[0] = Scope.current().keep(loss(x, labels));
              return tape.backward(loss[0]);
            });
    for (Tensor parameter : parameters()) {
      parameter.assign(parameter.sub(gradients.of(parameter).mul(0.1)));
    }
    steps++;
    return loss[0];
  }

  private Tensor loss(Tensor x, Tensor labels) {
    Tensor features = Conv2d.of(Window2d.UNIT.withPadding(1)).apply(x, kernel, bias);
    Tensor normal =
        new BatchNorm(1e-5, 0.1, true).apply(features, scale, shift, mean, variance).relu();
    Tensor pooled = new MaxPool2d(Pool2d.of(2)).apply(normal).flatten(1);
    Tensor dropped = Dispatch.run(new Dropout(0.25, 7, steps), pooled)[0];
    return CrossEntropy.mean().apply(dropped.matmul(weight), labels);
  }

  /** All parameters and statistics, in row-major order. */
  float[][] state() {
    return java.util.stream.Stream.of(kernel, bias, scale, shift, mean, variance, weight)
        .map(Tensor::toFloats)
        .toArray(float[][]::new);
  }

  @Override
  public void close() {
    for (Tensor tensor : List.of(kernel, bias, scale, shift, mean, variance, weight)) {
      tensor.close();
    }
  }
}
