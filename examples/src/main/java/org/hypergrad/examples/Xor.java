package org.hypergrad.examples;

import java.io.PrintWriter;
import java.util.concurrent.Callable;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Loss;
import org.hypergrad.nn.Sequential;
import org.hypergrad.nn.layer.Activation;
import org.hypergrad.nn.layer.Linear;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.Sgd;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Learns the exclusive or of two bits, with a training loop written out. */
@Command(
    name = "xor",
    description = "Learns the exclusive or of two bits: the smallest program with a training loop.",
    mixinStandardHelpOptions = true)
final class Xor implements Callable<Integer> {
  private static final int STEPS = 500;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    train(spec.commandLine().getOut());
    return 0;
  }

  /** Trains, reports to {@code out}, and returns the last loss: mean binary cross-entropy. */
  static double train(PrintWriter out) {
    Generator random = new Generator(1);
    return Scope.call(
        () -> {
          Tensor x = Tensor.of(new float[] {0, 0, 0, 1, 1, 0, 1, 1}, 4, 2);
          Tensor y = Tensor.of(new float[] {0, 1, 1, 0}, 4, 1);
          try (Sequential model =
                  Sequential.of(
                      new Linear(random, 2, 8), Activation.tanh(), new Linear(random, 8, 1));
              Optimizer optimizer = Optimizer.of(new Sgd(0.5), model.parameters())) {
            double loss = Double.NaN;
            for (int step = 1; step <= STEPS; step++) {
              loss = Scope.call(() -> step(model, optimizer, x, y));
              if (step % 50 == 0) {
                out.printf("step %d: loss %.4f%n", step, loss);
              }
            }
            out.flush();
            return loss;
          }
        });
  }

  private static double step(Sequential model, Optimizer optimizer, Tensor x, Tensor y) {
    double[] value = new double[1];
    Gradients gradients =
        Tape.record(
            tape -> {
              Tensor loss = Loss.binaryCrossEntropy().apply(model.apply(x), y);
              value[0] = loss.item();
              return tape.backward(loss);
            });
    optimizer.step(gradients);
    return value[0];
  }
}
