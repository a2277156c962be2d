package org.hypergrad.fop;

import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.DoubleSupplier;
import java.util.stream.Stream;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.error.ShapeException;
import org.hypergrad.fop.Preconditioner.Form;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Selector;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.RmsProp;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.Sgd;
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
 * @param learning when and how far M moves
 * @param convergence the paper's variant that P's size goes to a limit, if asked for
 * @param keepsLength whether P u is scaled to |u|, so that P chooses the direction of steps alone
 *     and schedules and rates of the base rule keep their meaning; H ignores that
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
    long seed,
    Learning learning,
    Optional<Convergence> convergence,
    boolean keepsLength)
    implements Rule {
  /** A preconditioner for some parameters. */
  public record Choice(Selector selector, Preconditioner preconditioner) {}

  /**
   * Checks that the options fit together.
   *
   * @throws ArgumentException if they do not
   */
  public Fop {
    choices = List.copyOf(choices);
    boolean normed = norm != Norm.NONE;
    if (convergence.isPresent() ? normed || keepsLength : normed && keepsLength) {
      throw new ArgumentException(
          "fop",
          "more than one size of P",
          "norm " + norm + ", " + convergence + ", keepsLength " + keepsLength,
          "a norm, or a size that converges, or the base rule's length",
          "");
    }
    composition(base, preset, order, at, velocity, learning, keepsLength);
  }

  private static Composition composition(
      StandardRule base,
      Preset preset,
      Order order,
      HypergradientAt at,
      double velocity,
      Learning learning,
      boolean keepsLength) {
    Guard guard = new Guard("fop", "M");
    return new Composition(guard, base, preset, order, at, velocity, learning, keepsLength);
  }

  Composition composition() {
    return composition(base, preset, order, at, velocity, learning, keepsLength);
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
        0,
        Learning.PLAIN,
        Optional.empty(),
        false);
  }

  /** This with something changed. */
  private Fop with(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.done();
  }

  /** The components, while some of them change. */
  private static final class Draft {
    private final StandardRule base;
    private Preset preset;
    private Order order;
    private HypergradientAt at;
    private Norm norm;
    private double velocity;
    private Optional<StandardRule> hyper;
    private List<Choice> choices;
    private long seed;
    private Learning learning;
    private Optional<Convergence> convergence;
    private boolean keepsLength;

    Draft(Fop fop) {
      base = fop.base;
      preset = fop.preset;
      order = fop.order;
      at = fop.at;
      norm = fop.norm;
      velocity = fop.velocity;
      hyper = fop.hyper;
      choices = fop.choices;
      seed = fop.seed;
      learning = fop.learning;
      convergence = fop.convergence;
      keepsLength = fop.keepsLength;
    }

    Fop done() {
      return new Fop(
          base,
          preset,
          order,
          at,
          norm,
          velocity,
          hyper,
          choices,
          seed,
          learning,
          convergence,
          keepsLength);
    }
  }

  /** With a preset and the order that belongs to it; H is at the current M. */
  public Fop preset(Preset value) {
    return with(
        draft -> {
          draft.preset = value;
          draft.order = value.order();
          draft.at = HypergradientAt.CURRENT_M;
        });
  }

  public Fop order(Order value) {
    return with(draft -> draft.order = value);
  }

  public Fop hypergradientAt(HypergradientAt value) {
    return with(draft -> draft.at = value);
  }

  public Fop norm(Norm value) {
    return with(draft -> draft.norm = value);
  }

  /**
   * With the velocity of what P multiplied in H, in place of its last value. Around momentum this
   * restores what the paper's rule loses there; not in the paper.
   *
   * @param alpha in [0, 1)
   */
  public Fop velocity(double alpha) {
    return with(draft -> draft.velocity = alpha);
  }

  /** With one rule for every M, but for preconditioners that have their own. */
  public Fop hyper(StandardRule value) {
    return with(draft -> draft.hyper = Optional.of(value));
  }

  /** With a preconditioner for some parameters; earlier choices go first. */
  public Fop where(Selector selector, Preconditioner preconditioner) {
    Choice last = new Choice(selector, preconditioner);
    return with(draft -> draft.choices = Stream.concat(choices.stream(), Stream.of(last)).toList());
  }

  public Fop seed(long value) {
    return with(draft -> draft.seed = value);
  }

  /** With other times and lengths of the moves of M. */
  public Fop learning(Learning value) {
    return with(draft -> draft.learning = value);
  }

  /** With P's size going to a limit; with neither a norm nor {@link #keepLength}. */
  public Fop convergence(Convergence value) {
    return with(draft -> draft.convergence = Optional.of(value));
  }

  /** With steps as long as the base rule would make them; without a norm. */
  public Fop keepLength() {
    return with(draft -> draft.keepsLength = true);
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
   * <p>A gradient that is not finite is passed over, as if there was none, and counted in the state
   * under {@code skipped}; for parameters without a P too.
   *
   * @throws FopException if H, the next M or the step is not finite, or three gradients in a row:
   *     the parameter then stays as it was
   * @throws ShapeException if the chosen preconditioner does not fit the parameter, or the state is
   *     that of another
   */
  @Override
  public void step(Parameter parameter, Tensor gradient, State state, double rate) {
    Preconditioner chosen = preconditioner(parameter);
    Composition.Step step = new Composition.Step(parameter, gradient, state, rate);
    if (chosen.form() == Form.NONE) {
      composition().stepBase(step);
    } else {
      composition().step(step, new Matrices(step, chosen), hyper(chosen));
    }
  }

  /** Makes together what can be made together: {@link FusedStep}. */
  @Override
  public void step(List<Update> updates, double rate) {
    new FusedStep(this, rate).run(updates);
  }

  @Override
  public void skip(Parameter parameter, State state) {
    composition().skip(parameter, state);
  }

  /** The first M of a parameter that has a P: what {@link #step} starts with. */
  public Tensor firstFactor(Parameter parameter) {
    return preconditioner(parameter).first(parameter, seed);
  }

  /** P of a parameter before the first step. */
  FopMatrix firstMatrix(Parameter parameter) {
    return new FopMatrix(preconditioner(parameter).form(), firstFactor(parameter), norm);
  }

  @Override
  public String remedy() {
    String rates =
        hyper
            .map(rule -> String.valueOf(rule.rate()))
            .orElse("1e-6 for dense weights and 5e-4 for kernels");
    return base.remedy() + ", or a rate of M below " + rates + ", or a smaller rank or first M";
  }

  /**
   * {@inheritDoc}
   *
   * <p>For {@link Preset#PAPER} around a momentum a above .5: under noise, the lag-1 product of
   * gradients is positive on average until eps P h = (1 + a) (2 a - 1) / a, with h the curvature
   * (1.69 for a = .9), and M grows up to there. For a at most .5 it is never positive.
   */
  @Override
  public Optional<String> caution(List<Parameter> parameters) {
    double momentum =
        switch (base) {
          case Sgd sgd -> sgd.momentum();
          case RmsProp rule -> rule.momentum();
          default -> 0;
        };
    boolean learns = parameters.stream().anyMatch(p -> hyper(preconditioner(p)).isPresent());
    if (preset != Preset.PAPER || momentum <= 0.5 || velocity > 0 || !learns) {
      return Optional.empty();
    }
    return Optional.of(
        "fop: around momentum "
            + momentum
            + " the algorithm as printed lets M grow where at .5 and below it would shrink: in"
            + " convolutional nets P came to amplify smooth patterns instead of damping them, and"
            + " training became worse or diverged; hint: preset(Preset.DIRECTION), or velocity("
            + momentum
            + "), takes the momentum into account");
  }

  /**
   * P of a parameter as {@code state} has it, with its norm but without what {@link #convergence}
   * or {@link #keepLength} make of it; none before the first step, or if it has no P.
   */
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
    private final State state;
    private final Preconditioner chosen;

    Matrices(Composition.Step step, Preconditioner chosen) {
      this.parameter = step.parameter();
      this.state = step.state();
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
      return new Seen(
          chosen,
          new FopMatrix(chosen.form(), chosen.fitting(parameter, m), norm),
          () -> factor(m));
    }

    /** What P is multiplied by to converge, or 1. */
    private double factor(Tensor m) {
      if (convergence.isEmpty()) {
        return 1;
      }
      double square = Math.pow(SpectralNorm.of(m, state), 2);
      double size = chosen.form() == Form.IDENTITY_PLUS_PRODUCT ? 1 + square : square;
      return convergence.get().factor(Math.max(size, Float.MIN_NORMAL), state.counter("step"));
    }

    @Override
    public Tensor limited(Tensor m) {
      if (!learning.isCapped()) {
        return m;
      }
      double size = SpectralNorm.of(m, state);
      double limit = Math.sqrt(learning.cap());
      return size > limit ? m.mul(limit / size) : m;
    }
  }

  /** P on tensors of the parameter's shape; what it shares between P g and H is computed once. */
  private static final class Seen implements LearnedMap {
    private final Preconditioner chosen;
    private final FopMatrix matrix;
    private final DoubleSupplier factor;
    private Tensor of;
    private Tensor projection;

    Seen(Preconditioner chosen, FopMatrix matrix, DoubleSupplier factor) {
      this.chosen = chosen;
      this.matrix = matrix;
      this.factor = factor;
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
      Tensor product = matrix.precondition(chosen.matrix(x), project(x));
      double scale = factor.getAsDouble();
      return chosen.restore(scale == 1 ? product : product.mul(scale), x.shape());
    }

    @Override
    public Tensor hypergradient(Tensor g, Tensor u, double rate) {
      return matrix.hypergradient(chosen.matrix(g), project(g), chosen.matrix(u), rate);
    }
  }
}
