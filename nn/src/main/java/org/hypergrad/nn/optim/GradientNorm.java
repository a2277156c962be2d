package org.hypergrad.nn.optim;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.op.Norms;
import org.hypergrad.nn.Parameter;

/** The length of all gradients together, and its limit. */
public final class GradientNorm {
  private GradientNorm() {}

  /** The root of the sum of squares of all gradients of these parameters, summed in double. */
  public static double of(Gradients gradients, List<Parameter> parameters) {
    Tensor[] some =
        parameters.stream()
            .map(Parameter::value)
            .filter(gradients::has)
            .map(gradients::of)
            .toArray(Tensor[]::new);
    if (some.length == 0) {
      return 0;
    }
    double sum = 0;
    for (double norm : Scope.call(() -> Norms.of(some).toDoubles())) {
      sum += norm * norm;
    }
    return Math.sqrt(sum);
  }

  /**
   * The gradients of these parameters, all multiplied by limit / (norm + 1e-6) if that is below 1
   * (PyTorch's rule, so that their common direction stays), in the current scope; those given are
   * not changed.
   *
   * @throws ArgumentException if the limit is not positive, or if the norm is not finite: scaling
   *     would make every gradient NaN
   */
  public static Gradients clip(Gradients gradients, List<Parameter> parameters, double limit) {
    if (!(limit > 0)) {
      throw new ArgumentException("clip", "no limit", "norm " + limit, "a limit > 0", "");
    }
    double norm = of(gradients, parameters);
    if (!Double.isFinite(norm)) {
      throw new ArgumentException(
          "clip",
          "gradients are not finite",
          "norm " + norm,
          "finite gradients",
          "lower the learning rate, or look for the layer that overflows");
    }
    double factor = limit / (norm + 1e-6);
    if (factor >= 1) {
      return gradients;
    }
    Map<Tensor, Tensor> scaled = new LinkedHashMap<>();
    for (Parameter p : parameters) {
      if (gradients.has(p.value())) {
        scaled.put(p.value(), gradients.of(p.value()).mul(factor));
      }
    }
    return Gradients.of(scaled);
  }
}
