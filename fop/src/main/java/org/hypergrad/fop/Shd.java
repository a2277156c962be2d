package org.hypergrad.fop;

import java.util.Optional;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.Selector;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.Sgd;
import org.hypergrad.nn.optim.StandardRule;
import org.hypergrad.nn.optim.State;

/**
 * Hypergradient descent of one rate per layer, S-HD: the baseline of the FOP paper, after Baydin et
 * al., "Online Learning Rate Adaptation with Hypergradient Descent" (2018). Each weight of the base
 * rule has a scalar s, which moves by (g, u), the inner product of the newest gradient and of what
 * s multiplied in the last step; {@link Form} says how. Biases and others follow the base rule
 * alone.
 *
 * <p>The state has s under {@code s}; the rest is as in {@link Fop}, as are presets and orders.
 *
 * @param base the rule whose rate is learned
 * @param form what s is
 * @param preset whether s multiplies the gradient or the direction of the base rule
 * @param order whether theta or s moves first
 * @param hyper the rule that moves s, with its own rate
 * @param weights which parameters have an s
 * @param learning when and how far s moves; no cap
 */
public record Shd(
    StandardRule base,
    Form form,
    Preset preset,
    Order order,
    StandardRule hyper,
    Selector weights,
    Learning learning)
    implements Rule {
  /** What s is, and the derivative h that it goes down. */
  public enum Form {
    /** The rate itself, eps at first; h = -(g, u). */
    ADDITIVE,
    /** The rate itself, eps at first; h = -s cos(g, u), so that plain descent multiplies s. */
    MULTIPLICATIVE,
    /** A factor of the rate, 1 at first; h = -eps (g, u): as the FOP paper uses it. */
    MULTIPLIER
  }

  /** The parameters that hypergradient methods work on unless told otherwise: weights. */
  static final Selector WEIGHTS =
      Selector.role(Role.CONV_KERNEL, Role.TRANSPOSED_CONV_KERNEL, Role.DENSE_WEIGHT);

  /**
   * Checks the rate of the base rule, by which the rate s is measured, and the limits.
   *
   * @throws ArgumentException if it is 0 and s is a rate, or if there is a cap
   */
  public Shd {
    if (form != Form.MULTIPLIER && base.rate() == 0) {
      throw new ArgumentException("shd", "no rate to start from", "rate 0", "rate > 0", "");
    }
    learning.requireNoCap("shd");
  }

  /** A factor of the rate, moved by Adam with rate 1e-4, as in the FOP paper. */
  public static Shd over(StandardRule base) {
    return new Shd(
        base,
        Form.MULTIPLIER,
        Preset.PAPER,
        Order.THETA_FIRST,
        new Adam(1e-4),
        WEIGHTS,
        Learning.PLAIN);
  }

  /** With s += beta (g, u); with {@link Order#M_FIRST}, the rule of Baydin et al. */
  public Shd additive(double beta) {
    return new Shd(base, Form.ADDITIVE, preset, order, new Sgd(beta), weights, learning);
  }

  /** With s *= 1 + beta cos(g, u). */
  public Shd multiplicative(double beta) {
    return new Shd(base, Form.MULTIPLICATIVE, preset, order, new Sgd(beta), weights, learning);
  }

  /** With a factor of the rate, moved by any rule. */
  public Shd multiplier(StandardRule rule) {
    return new Shd(base, Form.MULTIPLIER, preset, order, rule, weights, learning);
  }

  /** With a preset and the order that belongs to it. */
  public Shd preset(Preset value) {
    return new Shd(base, form, value, value.order(), hyper, weights, learning);
  }

  public Shd order(Order value) {
    return new Shd(base, form, preset, value, hyper, weights, learning);
  }

  /** With other parameters that have an s. */
  public Shd on(Selector value) {
    return new Shd(base, form, preset, order, hyper, value, learning);
  }

  /** With other times and lengths of the moves of s. */
  public Shd learning(Learning value) {
    return new Shd(base, form, preset, order, hyper, weights, value);
  }

  @Override
  public double rate() {
    return base.rate();
  }

  private Composition composition() {
    Guard guard = new Guard("shd", "s");
    HypergradientAt at = HypergradientAt.CURRENT_M;
    return new Composition(guard, base, preset, order, at, 0, learning, false);
  }

  /**
   * {@inheritDoc}
   *
   * <p>A gradient that is not finite is passed over, as if there was none.
   *
   * @throws FopException if h, s or the step is not finite, or three gradients in a row: theta then
   *     stays as it was
   */
  @Override
  public void step(Parameter parameter, Tensor gradient, State state, double rate) {
    Composition.Step step = new Composition.Step(parameter, gradient, state, rate);
    if (weights.picks(parameter)) {
      composition().step(step, new Scalars(gradient), Optional.of(hyper));
    } else {
      composition().stepBase(step);
    }
  }

  @Override
  public void skip(Parameter parameter, State state) {
    composition().skip(parameter, state);
  }

  @Override
  public String remedy() {
    return base.remedy() + ", or a rate of s below " + hyper.rate();
  }

  private final class Scalars implements LearnedMap.Family {
    private final Tensor like;

    Scalars(Tensor like) {
      this.like = like;
    }

    @Override
    public Tensor first() {
      return Tensor.full(form == Form.MULTIPLIER ? 1 : base.rate(), like.dtype());
    }

    @Override
    public LearnedMap at(Tensor s) {
      return new Scaling(s);
    }
  }

  private final class Scaling implements LearnedMap {
    private final Tensor s;

    Scaling(Tensor s) {
      this.s = s;
    }

    /** A learned rate acts as its ratio to the base rate, so that a schedule still scales it. */
    @Override
    public Tensor apply(Tensor x) {
      return x.mul(form == Form.MULTIPLIER ? s : s.mul(1 / base.rate()));
    }

    @Override
    public Tensor hypergradient(Tensor g, Tensor u, double rate) {
      Tensor inner = g.mul(u).sum();
      return switch (form) {
        case ADDITIVE -> inner.neg();
        case MULTIPLICATIVE -> s.mul(inner).neg().div(lengths(g, u));
        case MULTIPLIER -> inner.mul(-rate);
      };
    }

    /** |g| |u|; the cosine of a zero vector is 0 by it. */
    private Tensor lengths(Tensor g, Tensor u) {
      return Learning.positive(g.norm().mul(u.norm()));
    }
  }
}
