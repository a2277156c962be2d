package org.hypergrad.fop;

import java.util.Optional;
import org.hypergrad.engine.Tensor;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Selector;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.StandardRule;
import org.hypergrad.nn.optim.State;

/**
 * Hypergradient descent of one rate per number of a weight, PP-HD: the diagonal baseline of the FOP
 * paper. Each weight of the base rule has a p of its shape, 1 at first, that multiplies it element
 * by element; biases and others follow the base rule alone.
 *
 * <p>The state has p under {@code p}; the rest is as in {@link Fop}, as are presets and orders.
 *
 * @param base the rule whose rates are learned
 * @param form how p acts
 * @param preset whether p multiplies the gradient or the direction of the base rule
 * @param order whether theta or p moves first
 * @param hyper the rule that moves p, with its own rate
 * @param weights which parameters have a p
 * @param learning when and how far p moves; no cap
 * @param keepsLength whether what p multiplied is scaled back to its length, which h ignores
 */
public record Pphd(
    StandardRule base,
    Form form,
    Preset preset,
    Order order,
    StandardRule hyper,
    Selector weights,
    Learning learning,
    boolean keepsLength)
    implements Rule {
  /** How p acts. */
  public enum Form {
    /** P = diag(p); h = -eps g u, element by element. p may become negative. */
    DIRECT,
    /** P = diag(p)^2, which is FOP with a diagonal M; h = -2 eps g u p. */
    SQUARED
  }

  /**
   * Checks the limits.
   *
   * @throws org.hypergrad.engine.error.ArgumentException if there is a cap
   */
  public Pphd {
    learning.requireNoCap("pphd");
  }

  /** P = diag(p), p moved by Adam with rate 1e-4. */
  public static Pphd over(StandardRule base) {
    return new Pphd(
        base,
        Form.DIRECT,
        Preset.PAPER,
        Order.THETA_FIRST,
        new Adam(1e-4),
        Shd.WEIGHTS,
        Learning.PLAIN,
        false);
  }

  public Pphd form(Form value) {
    return new Pphd(base, value, preset, order, hyper, weights, learning, keepsLength);
  }

  /** With a preset and the order that belongs to it. */
  public Pphd preset(Preset value) {
    return new Pphd(base, form, value, value.order(), hyper, weights, learning, keepsLength);
  }

  public Pphd order(Order value) {
    return new Pphd(base, form, preset, value, hyper, weights, learning, keepsLength);
  }

  /** With another rule for p. */
  public Pphd hyper(StandardRule value) {
    return new Pphd(base, form, preset, order, value, weights, learning, keepsLength);
  }

  /** With other parameters that have a p. */
  public Pphd on(Selector value) {
    return new Pphd(base, form, preset, order, hyper, value, learning, keepsLength);
  }

  /** With other times and lengths of the moves of p. */
  public Pphd learning(Learning value) {
    return new Pphd(base, form, preset, order, hyper, weights, value, keepsLength);
  }

  /** With steps as long as the base rule would make them: p chooses their direction alone. */
  public Pphd keepLength() {
    return new Pphd(base, form, preset, order, hyper, weights, learning, true);
  }

  @Override
  public double rate() {
    return base.rate();
  }

  private Composition composition() {
    Guard guard = new Guard("pphd", "p");
    HypergradientAt at = HypergradientAt.CURRENT_M;
    return new Composition(guard, base, preset, order, at, 0, learning, keepsLength);
  }

  /**
   * {@inheritDoc}
   *
   * <p>A gradient that is not finite is passed over, as if there was none.
   *
   * @throws FopException if h, p or the step is not finite, or three gradients in a row: theta then
   *     stays as it was
   */
  @Override
  public void step(Parameter parameter, Tensor gradient, State state, double rate) {
    Composition.Step step = new Composition.Step(parameter, gradient, state, rate);
    if (weights.picks(parameter)) {
      composition().step(step, new Diagonals(gradient), Optional.of(hyper));
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
    return base.remedy() + ", or a rate of p below " + hyper.rate();
  }

  private final class Diagonals implements LearnedMap.Family {
    private final Tensor like;

    Diagonals(Tensor like) {
      this.like = like;
    }

    @Override
    public Tensor first() {
      return Tensor.full(1, like.dtype(), like.shape().toArray());
    }

    @Override
    public LearnedMap at(Tensor p) {
      return new Diagonal(p);
    }
  }

  private final class Diagonal implements LearnedMap {
    private final Tensor p;

    Diagonal(Tensor p) {
      this.p = p;
    }

    @Override
    public Tensor apply(Tensor x) {
      return form == Form.DIRECT ? x.mul(p) : x.mul(p.square());
    }

    @Override
    public Tensor hypergradient(Tensor g, Tensor u, double rate) {
      Tensor product = g.mul(u);
      return form == Form.DIRECT ? product.mul(-rate) : product.mul(p).mul(-2 * rate);
    }
  }
}
