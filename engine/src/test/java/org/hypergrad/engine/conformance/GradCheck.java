package org.hypergrad.engine.conformance;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;

/**
 * Gradients against central differences, in float64 on the reference device.
 *
 * <p>The scalar that is differentiated is the sum of the output times fixed random numbers.
 */
public final class GradCheck {
  private static final double STEP = 1e-5;

  /** Truncation (h^2 f''' / 6) and rounding (eps f / h) stay below this for values of order 1. */
  private static final double TOLERANCE = 1e-6;

  private final Function<Tensor[], Tensor> function;
  private final List<Input> inputs;
  private final List<double[]> values;
  private final boolean[] wanted;

  GradCheck(
      Function<Tensor[], Tensor> function,
      List<Input> inputs,
      List<double[]> values,
      boolean[] wanted) {
    this.function = function;
    this.inputs = inputs;
    this.values = values;
    this.wanted = wanted;
  }

  /** By all of the inputs, float64 values of the given shapes. */
  public static GradCheck of(
      Function<Tensor[], Tensor> function, List<Shape> shapes, List<double[]> values) {
    boolean[] all = new boolean[shapes.size()];
    Arrays.fill(all, true);
    return new GradCheck(
        function,
        shapes.stream().map(s -> new Input(null, s, Input.Kind.SIGNED)).toList(),
        values,
        all);
  }

  /** What differs first, or null. */
  public String difference() {
    double[][] gradients = gradients();
    for (int i = 0; i < values.size(); i++) {
      double[] x = values.get(i);
      for (int j = 0; wanted[i] && j < x.length; j++) {
        double before = x[j];
        x[j] = before + STEP;
        double above = value();
        x[j] = before - STEP;
        double below = value();
        x[j] = before;
        double slope = (above - below) / (2 * STEP);
        double gradient = gradients[i] == null ? 0 : gradients[i][j];
        if (!(Math.abs(slope - gradient) <= TOLERANCE * Math.max(1, Math.abs(slope)))) {
          return "input " + i + "[" + j + "]: slope " + slope + ", gradient " + gradient;
        }
      }
    }
    return null;
  }

  private Tensor[] tensors() {
    Tensor[] tensors = new Tensor[values.size()];
    for (int i = 0; i < tensors.length; i++) {
      tensors[i] = Case.tensor(DType.FLOAT64, inputs.get(i), values.get(i));
    }
    return tensors;
  }

  private static Tensor scalar(Tensor output) {
    return output.mul(Case.arriving(output.spec())).sum();
  }

  private double value() {
    return Device.reference()
        .call(() -> Scope.call(() -> scalar(function.apply(tensors())).item()));
  }

  private double[][] gradients() {
    return Device.reference()
        .call(
            () ->
                Tape.record(
                    tape -> {
                      Tensor[] in = tensors();
                      for (int i = 0; i < in.length; i++) {
                        if (wanted[i]) {
                          in[i].requireGradient();
                        }
                      }
                      Gradients g = tape.backward(scalar(function.apply(in)));
                      double[][] result = new double[in.length][];
                      for (int i = 0; i < in.length; i++) {
                        result[i] = g.has(in[i]) ? g.of(in[i]).toDoubles() : null;
                      }
                      return result;
                    }));
  }
}
