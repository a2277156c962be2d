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
 */
public record Pphd(
    StandardRule base, Form form, Preset preset, Order order, StandardRule hyper, Selector weights)
    implements Rule {
  /** How p acts. */
  public enum Form {
    /** P = diag(p); h = -eps g u, element by element. p may become negative. */
    DIRECT,
    /** P = diag(p)^2, which is FOP with a diagonal M; h = -2 eps g u p. */
    SQUARED
  }

  /** P = diag(p), p moved by Adam with rate 1e-4. */
  public static Pphd over(StandardRule base) {
    return new Pphd(
        base, Form.DIRECT, Preset.PAPER, Order.THETA_FIRST, new Adam(1e-4), Shd.WEIGHTS);
  }

  public Pphd form(Form value) {
    return new Pphd(base, value, preset, order, hyper, weights);
  }

  /** With a preset and the order that belongs to it. */
  public Pphd preset(Preset value) {
    Order fitting = value == Preset.PAPER ? Order.THETA_FIRST : Order.M_FIRST;
    return new Pphd(base, form, value, fitting, hyper, weights);
  }

  public Pphd order(Order value) {
    return new Pphd(base, form, preset, value, hyper, weights);
  }

  /** With another rule for p. */
  public Pphd hyper(StandardRule value) {
    return new Pphd(base, form, preset, order, value, weights);
  }

  /** With other parameters that have a p. */
  public Pphd on(Selector value) {
    return new Pphd(base, form, preset, order, hyper, value);
  }

  @Override
  public double rate() {
    return base.rate();
  }

  /**
   * {@inheritDoc}
   *
   * @throws FopException if gradient, h or p is not finite: theta and p then stay as they were
   */
  @Override
  public void step(Parameter parameter, Tensor gradient, State state, double rate) {
    if (weights.picks(parameter)) {
      new Composition("pphd", "p", base, preset, order, HypergradientAt.CURRENT_M, 0)
          .step(
              new Composition.Step(parameter, gradient, state, rate),
              new Diagonals(gradient),
              Optional.of(hyper));
    } else {
      base.step(parameter, gradient, state.child("base"), rate);
    }
  }

  @Override
  public String remedy() {
    return base.remedy() + ", or a rate of p below " + hyper.rate();
  }

  @Override
  public void skip(Parameter parameter, State state) {
    base.skip(parameter, state.child("base"));
    Composition.skip(state);
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
