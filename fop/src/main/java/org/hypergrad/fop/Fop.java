package org.hypergrad.fop;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ShapeException;
import org.hypergrad.fop.Preconditioner.Form;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Selector;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.StandardRule;
import org.hypergrad.nn.optim.State;

/**
 * First-order preconditioning (Moskovitz et al., arXiv 1910.08461): a base rule whose gradient or
 * direction is multiplied by a learned P = M M^T or I + M M^T, one per weight. M goes down the
 * derivative of the loss by M through the last step, H = -eps (g u^T + u g^T) M, with g the newest
 * gradient and u what P multiplied in the last step.
 *
 * <pre>{@code
 * Rule rule = Fop.over(new Sgd(0.05).momentum(0.9)).preset(Preset.DIRECTION);
 * try (Optimizer optimizer = Optimizer.of(rule, model.parameters())) { ... }
 * }</pre>
 *
 * <p>Unless {@link #where} says otherwise, kernels of convolutions [outputs, inputs, h, w] have a P
 * over their h w positions that starts at I, dense weights [inputs, outputs] a full-rank I + M M^T
 * over their inputs that starts at random, and biases, normalisations and others none: they follow
 * the base rule alone. In the paper the last, dense layer of a convolutional net has none either.
 *
 * <p>M moves by a rule of its own, with its own rate, which no schedule touches: Adam 5e-4 for
 * kernels and Adam 1e-6 for dense weights, unless {@link #hyper} says otherwise; Adam's rate is per
 * entry of M, so a large M needs a small one. Its steps count from the first H. The eps in H is the
 * rate of the step before, which used M: where a schedule lowers it, H shrinks with it, which plain
 * descent on M feels and Adam does not.
 *
 * <p>A coupled weight decay of the base rule is part of the loss and of g; a decoupled one stays
 * outside of P.
 *
 * @param base the rule that P works in
 * @param preset where P stands in it
 * @param order what moves first
 * @param at which M is in H, where theta moves first
 * @param norm whether P is normalised (FOP-norm)
 * @param velocity alpha, if H takes in place of u the velocity c = alpha c + u; 0 for u itself
 * @param hyper the rule that moves every M, if not the default
 * @param choices what takes the place of the default preconditioners; the first that picks wins
 * @param seed of the random first M; each parameter has its own stream, by its name
 */
public record Fop(
    StandardRule base,
    Preset preset,
    Order order,
    HypergradientAt at,
    Norm norm,
    double velocity,
    Optional<StandardRule> hyper,
    List<Choice> choices,
    long seed)
    implements Rule {
  /** A preconditioner for some parameters. */
  public record Choice(Selector selector, Preconditioner preconditioner) {}

  /**
   * Checks that the options fit together.
   *
   * @throws org.hypergrad.engine.error.ArgumentException if they do not
   */
  public Fop {
    choices = List.copyOf(choices);
    composition(base, preset, order, at, velocity);
  }

  private static Composition composition(
      StandardRule base, Preset preset, Order order, HypergradientAt at, double velocity) {
    return new Composition("fop", "M", base, preset, order, at, velocity);
  }

  /** FOP around a rule, as {@link Preset#PAPER}. */
  public static Fop over(StandardRule base) {
    return new Fop(
        base,
        Preset.PAPER,
        Order.THETA_FIRST,
        HypergradientAt.CURRENT_M,
        Norm.NONE,
        0,
        Optional.empty(),
        List.of(),
        0);
  }

  /** With a preset and the order that belongs to it; H is at the current M. */
  public Fop preset(Preset value) {
    Order fitting = value == Preset.PAPER ? Order.THETA_FIRST : Order.M_FIRST;
    return new Fop(
        base, value, fitting, HypergradientAt.CURRENT_M, norm, velocity, hyper, choices, seed);
  }

  public Fop order(Order value) {
    return new Fop(base, preset, value, at, norm, velocity, hyper, choices, seed);
  }

  public Fop hypergradientAt(HypergradientAt value) {
    return new Fop(base, preset, order, value, norm, velocity, hyper, choices, seed);
  }

  public Fop norm(Norm value) {
    return new Fop(base, preset, order, at, value, velocity, hyper, choices, seed);
  }

  /**
   * With the velocity of what P multiplied in H, in place of its last value. Around momentum this
   * restores what the paper's rule loses there; not in the paper.
   *
   * @param alpha in [0, 1)
   */
  public Fop velocity(double alpha) {
    return new Fop(base, preset, order, at, norm, alpha, hyper, choices, seed);
  }

  /** With one rule for every M, but for preconditioners that have their own. */
  public Fop hyper(StandardRule value) {
    return new Fop(base, preset, order, at, norm, velocity, Optional.of(value), choices, seed);
  }

  /** With a preconditioner for some parameters; earlier choices go first. */
  public Fop where(Selector selector, Preconditioner preconditioner) {
    List<Choice> more = new ArrayList<>(choices);
    more.add(new Choice(selector, preconditioner));
    return new Fop(base, preset, order, at, norm, velocity, hyper, more, seed);
  }

  public Fop seed(long value) {
    return new Fop(base, preset, order, at, norm, velocity, hyper, choices, value);
  }

  @Override
  public double rate() {
    return base.rate();
  }

  /** What a parameter gets. */
  public Preconditioner preconditioner(Parameter parameter) {
    return choices.stream()
        .filter(c -> c.selector.picks(parameter))
        .map(Choice::preconditioner)
        .findFirst()
        .orElseGet(() -> Preconditioner.of(parameter));
  }

  /** The rule that moves a parameter's M, if it has one that moves. */
  Optional<StandardRule> hyper(Preconditioner chosen) {
    if (chosen.form() == Form.NONE || chosen.frozen()) {
      return Optional.empty();
    }
    StandardRule usual = new Adam(chosen.form() == Form.SPATIAL ? 5e-4 : 1e-6);
    return Optional.of(chosen.hyper().or(() -> hyper).orElse(usual));
  }

  /**
   * {@inheritDoc}
   *
   * @throws FopException if gradient, H or the next M is not finite: the parameter and M then stay
   *     as they were
   * @throws ShapeException if the chosen preconditioner does not fit the parameter, or the state is
   *     that of another
   */
  @Override
  public void step(Parameter parameter, Tensor gradient, State state, double rate) {
    Preconditioner chosen = preconditioner(parameter);
    if (chosen.form() == Form.NONE) {
      base.step(parameter, gradient, state.child("base"), rate);
      return;
    }
    composition(base, preset, order, at, velocity)
        .step(
            new Composition.Step(parameter, gradient, state, rate),
            new Matrices(parameter, chosen),
            hyper(chosen));
  }

  @Override
  public void skip(Parameter parameter, State state) {
    base.skip(parameter, state.child("base"));
    Composition.skip(state);
  }

  /** The first M of a parameter that has a P: what {@link #step} starts with. */
  public Tensor firstFactor(Parameter parameter) {
    return preconditioner(parameter).first(parameter, seed);
  }

  @Override
  public String remedy() {
    String rates =
        hyper
            .map(rule -> String.valueOf(rule.rate()))
            .orElse("1e-6 for dense weights and 5e-4 for kernels");
    return base.remedy() + ", or a rate of M below " + rates + ", or a smaller rank or first M";
  }

  /** P of a parameter as {@code state} has it; none before the first step, or if it has no P. */
  public Optional<FopMatrix> matrix(Parameter parameter, State state) {
    return Optional.ofNullable(state.get("M"))
        .map(m -> new FopMatrix(preconditioner(parameter).form(), m, norm));
  }

  /** A tensor of a parameter's shape, such as a gradient, as the matrix that its P multiplies. */
  public Tensor seen(Parameter parameter, Tensor x) {
    return preconditioner(parameter).matrix(x);
  }

  /**
   * What each parameter gets, for people: shape, preconditioner, shape of M, the numbers that FOP
   * holds beside the base rule (M, the cached vector, the state of M's rule), M's rule. The last
   * line has the numbers in all M, and in brackets what the paper counts for kernels: a sum of k^2
   * for k x k, where M has k^4.
   *
   * @throws ShapeException if a chosen preconditioner does not fit
   */
  public String table(List<Parameter> parameters) {
    return FopTable.of(this, parameters);
  }

  /** The maps of one parameter, seen as a matrix. */
  private final class Matrices implements LearnedMap.Family {
    private final Parameter parameter;
    private final Preconditioner chosen;

    Matrices(Parameter parameter, Preconditioner chosen) {
      this.parameter = parameter;
      this.chosen = chosen;
    }

    @Override
    public Tensor first() {
      return chosen.first(parameter, seed);
    }

    @Override
    public String remedy() {
      return chosen.form() == Form.IDENTITY_PLUS_PRODUCT ? ", or its rank or deviation" : "";
    }

    @Override
    public LearnedMap at(Tensor m) {
      if (!m.shape().equals(chosen.factor(parameter))) {
        throw new ShapeException(
            "fop",
            "M does not fit",
            m.spec() + " for " + parameter.name(),
            chosen.factor(parameter).toString(),
            "a state of other options?");
      }
      return new Seen(chosen, new FopMatrix(chosen.form(), m, norm));
    }
  }

  /** P on tensors of the parameter's shape; what it shares between P g and H is computed once. */
  private static final class Seen implements LearnedMap {
    private final Preconditioner chosen;
    private final FopMatrix matrix;
    private Tensor of;
    private Tensor projection;

    Seen(Preconditioner chosen, FopMatrix matrix) {
      this.chosen = chosen;
      this.matrix = matrix;
    }

    private Tensor project(Tensor x) {
      if (x != of) {
        of = x;
        projection = matrix.project(chosen.matrix(x));
      }
      return projection;
    }

    @Override
    public Tensor apply(Tensor x) {
      return chosen.restore(matrix.precondition(chosen.matrix(x), project(x)), x.shape());
    }

    @Override
    public Tensor hypergradient(Tensor g, Tensor u, double rate) {
      return matrix.hypergradient(chosen.matrix(g), project(g), chosen.matrix(u), rate);
    }
  }
}
