package org.hypergrad.examples;

import java.io.PrintStream;
import java.util.List;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.Reduction;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Initialiser;
import org.hypergrad.nn.Initialiser.Distribution;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;

/** Learns the exclusive or of two bits: two dense layers, plain gradient descent. */
public final class Xor {
  private static final int STEPS = 500;
  private static final int HIDDEN = 8;
  private static final double RATE = 0.5;

  private Xor() {}

  /** Trains and prints the loss every 50 steps. */
  public static void main(String[] args) {
    train(System.out);
  }

  /** Trains, reports to {@code out}, and returns the last loss: mean binary cross-entropy. */
  static double train(PrintStream out) {
    List<Parameter> parameters = Scope.call(() -> parameters(new Generator(1)));
    try {
      double loss = Double.NaN;
      for (int step = 1; step <= STEPS; step++) {
        loss = Scope.call(() -> step(parameters));
        if (step % 50 == 0) {
          out.printf("step %d: loss %.4f%n", step, loss);
        }
      }
      return loss;
    } finally {
      parameters.forEach(Parameter::close);
    }
  }

  private static List<Parameter> parameters(Generator random) {
    Initialiser glorot = Initialiser.glorot(Distribution.UNIFORM);
    Role weight = Role.DENSE_WEIGHT;
    return List.of(
        new Parameter("hidden.weight", weight, glorot.weight(random, weight, 2, HIDDEN)),
        new Parameter("hidden.bias", Role.BIAS, Tensor.zeros(HIDDEN)),
        new Parameter("output.weight", weight, glorot.weight(random, weight, HIDDEN, 1)),
        new Parameter("output.bias", Role.BIAS, Tensor.zeros(1)));
  }

  private static double step(List<Parameter> parameters) {
    Tensor x = Tensor.of(new float[] {0, 0, 0, 1, 1, 0, 1, 1}, 4, 2);
    Tensor y = Tensor.of(new float[] {0, 1, 1, 0}, 4, 1);
    double[] loss = new double[1];
    Gradients gradients =
        Tape.record(
            tape -> {
              Tensor mean = logits(parameters, x).binaryCrossEntropy(y, Reduction.MEAN);
              loss[0] = mean.item();
              return tape.backward(mean);
            });
    for (Parameter parameter : parameters) {
      Tensor value = parameter.value();
      value.assign(value.sub(gradients.of(value).mul(RATE)));
    }
    return loss[0];
  }

  /** [4, 2] -> [4, 1]. */
  private static Tensor logits(List<Parameter> parameters, Tensor x) {
    Tensor[] p = parameters.stream().map(Parameter::value).toArray(Tensor[]::new);
    return x.matmul(p[0]).add(p[1]).tanh().matmul(p[2]).add(p[3]);
  }
}
