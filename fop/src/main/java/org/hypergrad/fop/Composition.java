package org.hypergrad.fop;

import java.util.Optional;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.optim.StandardRule;
import org.hypergrad.nn.optim.State;

/**
 * How a base rule and a learned map P make one step; theta is the parameter, g the gradient of its
 * loss, M what P is made of, eps' and u' the rate and the vector of the step before.
 *
 * <pre>
 * PAPER                                DIRECTION
 * u = g                                u = base.direction(g)
 * theta -= eps base.direction(P u)     H = derivative of the loss by M through theta -= eps' P u'
 * H = as beside, at M or previous M    M = hyper(M, H)
 * M = hyper(M, H)                      theta -= eps P u
 * </pre>
 *
 * <p>Each order goes with each preset. The first step, and one after a step without a gradient,
 * leaves M as it is.
 *
 * <p>The state: M under its key, {@code previous} (what P multiplied in the last step), {@code
 * previousM} if asked for, the counters {@code step} and {@code previousRate} (the bits of eps'),
 * and {@code base} and {@code hyper}, the states of the rules that move theta and M.
 *
 * @param method the name in errors
 * @param key the name of M in the state
 * @param velocity alpha of the cached vector c = alpha c + u; 0 for u itself
 */
record Composition(
    String method,
    String key,
    StandardRule base,
    Preset preset,
    Order order,
    HypergradientAt at,
    double velocity) {
  private static final String PREVIOUS = "previous";
  private static final String PREVIOUS_M = "previousM";
  private static final String PREVIOUS_RATE = "previousRate";

  Composition {
    if (!(velocity >= 0 && velocity < 1)) {
      throw new ArgumentException(
          method, "cached velocity out of range", "alpha " + velocity, "[0, 1)", "");
    }
    if (order == Order.M_FIRST && at == HypergradientAt.PREVIOUS_M) {
      throw new ArgumentException(
          method,
          "no previous M where M moves first",
          order + ", " + at,
          HypergradientAt.CURRENT_M + ": it is the M that made the last step",
          "leave it as it is");
    }
  }

  /** One parameter's step. */
  record Step(Parameter parameter, Tensor gradient, State state, double rate) {}

  /** What a state without a gradient forgets: the next step's H would skip over this one. */
  static void skip(State state) {
    state.remove(PREVIOUS);
  }

  /**
   * Moves theta and M. If something is not finite, neither moves; the state of {@code hyper} has
   * moved if it is the next M.
   *
   * @param hyper the rule that moves M, if it moves
   */
  void step(Step step, LearnedMap.Family family, Optional<StandardRule> hyper) {
    State state = step.state;
    Tensor theta = step.parameter.value();
    Tensor g = base.penalised(theta, step.gradient);
    Tensor m = state.get(key, family::first);
    LearnedMap map = family.at(m);
    Tensor moved = hyper.isPresent() ? moved(step, g, map, family, hyper.get()) : null;
    if (moved == null) {
      requireFinite(step, "gradient", g, g, family, hyper);
    } else if (order == Order.M_FIRST) {
      m.assign(moved);
      map = family.at(m);
    }
    State own = state.child("base");
    Tensor u = preset == Preset.PAPER ? g : base.direction(g, own);
    Tensor mapped = map.apply(u);
    Tensor direction = preset == Preset.PAPER ? base.direction(mapped, own) : mapped;
    base.descend(theta, direction, step.rate);
    if (hyper.isPresent()) {
      remember(state, m, u, step.rate);
    }
    if (moved != null && order == Order.THETA_FIRST) {
      m.assign(moved);
    }
    state.count("step");
  }

  /** Copies of what the next hypergradient needs; theirs may change meanwhile. */
  private void remember(State state, Tensor m, Tensor u, double rate) {
    Tensor before = velocity == 0 ? null : state.get(PREVIOUS);
    state.store(PREVIOUS, before == null ? u : before.mul(velocity).add(u));
    if (at == HypergradientAt.PREVIOUS_M) {
      state.store(PREVIOUS_M, m);
    }
    state.setCounter(PREVIOUS_RATE, Double.doubleToRawLongBits(rate));
  }

  /** The next M, or null if there was no step to learn from. */
  private Tensor moved(
      Step step, Tensor g, LearnedMap map, LearnedMap.Family family, StandardRule hyper) {
    State state = step.state;
    boolean last = at == HypergradientAt.PREVIOUS_M;
    if (!state.has(PREVIOUS) || (last && !state.has(PREVIOUS_M))) {
      return null;
    }
    LearnedMap made = last ? family.at(state.get(PREVIOUS_M)) : map;
    double rate = Double.longBitsToDouble(state.counter(PREVIOUS_RATE));
    Tensor h = made.hypergradient(g, state.get(PREVIOUS), rate);
    requireFinite(step, "hypergradient", h, g, family, Optional.of(hyper));
    Tensor m = state.get(key);
    Tensor next = m.copy();
    Tensor direction = hyper.direction(hyper.penalised(m, h), state.child("hyper"));
    hyper.descend(next, direction, hyper.rate());
    requireFinite(step, key, next, g, family, Optional.of(hyper));
    return next;
  }

  /** A norm is one pass and one number to wait for, and is finite only if all elements are. */
  private void requireFinite(
      Step step,
      String what,
      Tensor x,
      Tensor g,
      LearnedMap.Family family,
      Optional<StandardRule> hyper) {
    double norm = x.norm().item();
    if (Double.isFinite(norm)) {
      return;
    }
    double rho = hyper.map(StandardRule::rate).orElse(0.0);
    Tensor previous = step.state.get(PREVIOUS);
    double before = previous == null ? Double.NaN : previous.norm().item();
    double now = g.norm().item();
    double growth = 2 * rho * step.rate * now * before;
    throw new FopException(
        method,
        what + " is not finite",
        step.parameter.name(),
        step.state.counter("step") + 1,
        growth,
        String.format(
            java.util.Locale.ROOT,
            "|%s| %.3g, |g| %.3g, |g'| %.3g, rate eps %.3g, rate of %s rho %.3g,"
                + " 2 rho eps |g| |g'| = %.3g",
            what,
            norm,
            now,
            before,
            step.rate,
            key,
            rho,
            growth),
        "lower the learning rate, or the rate of " + key + family.remedy());
  }
}
