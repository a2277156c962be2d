package org.hypergrad.bench.cpu;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.Rule;

/** Steps of an optimizer. */
final class Updating implements Case {
  private static final int LAYERS = 17;

  private final List<Parameter> owned;
  private final List<Gradients> gradients = new ArrayList<>();
  private final Optimizer optimizer;
  private int step;

  private Updating(Rule rule, List<Parameter> parameters, List<Parameter> owned) {
    this.owned = owned;
    // Two sets, as in training: FOP keeps one while it reads the next.
    for (int set = 0; set < 2; set++) {
      Map<Tensor, Tensor> some = new HashMap<>();
      for (Parameter p : parameters) {
        Generator generator = new Generator(set, some.size());
        some.put(p.value(), generator.normal(1e-3, p.value().shape().toArray()).retain());
      }
      gradients.add(Gradients.of(some));
    }
    optimizer = Optimizer.of(rule, parameters);
  }

  /** Of parameters that stay the caller's. */
  Updating(Rule rule, List<Parameter> parameters) {
    this(rule, parameters, List.of());
  }

  /** Of 10 M parameters in kernels of 3 x 3 with 256 inputs and outputs each. */
  static Updating ofTenMillion(Rule rule) {
    List<Parameter> parameters = new ArrayList<>();
    for (int i = 0; i < LAYERS; i++) {
      Tensor first = new Generator(1, i).normal(0.1, 256, 256, 3, 3);
      parameters.add(new Parameter("layer" + i + ".weight", Role.CONV_KERNEL, first));
    }
    return new Updating(rule, parameters, parameters);
  }

  /** Numbers in the parameters of {@link #ofTenMillion}. */
  static int tenMillion() {
    return LAYERS * 256 * 256 * 3 * 3;
  }

  @Override
  public void run() {
    optimizer.step(gradients.get(step++ % 2));
  }

  @Override
  public void close() {
    optimizer.close();
    gradients.forEach(g -> g.forEachTensor(Tensor::close));
    owned.forEach(Parameter::close);
  }
}
