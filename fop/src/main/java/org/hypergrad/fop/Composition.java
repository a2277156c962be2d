package org.hypergrad.fop;

import java.util.Optional;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.optim.FusedRule;
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
 * <p>Each order goes with each preset. The first step, and one after a step without a gradient or
 * with one that is not finite, leaves M as it is.
 *
 * <p>The state: M under its key, {@code previous} (what P multiplied in the last step), {@code
 * previousM} if asked for, the counters {@code step} and {@code previousRate} (the bits of eps'),
 * those of {@link Guard}, and {@code base} and {@code hyper}, the states of the rules that move
 * theta and M. What the next step does not need of the last one is not there.
 *
 * @param guard also the names of method and M
 * @param velocity alpha of the cached vector c = alpha c + u; 0 for u itself
 * @param keepsLength whether P u is scaled to |u|, which H ignores
 */
record Composition(
    Guard guard,
    StandardRule base,
    Preset preset,
    Order order,
    HypergradientAt at,
    double velocity,
    Learning learning,
    boolean keepsLength) {
  private static final String PREVIOUS = "previous";
  private static final String PREVIOUS_M = "previousM";
  private static final String PREVIOUS_RATE = "previousRate";

  Composition {
    if (!(velocity >= 0 && velocity < 1)) {
      throw new ArgumentException(
          guard.method(), "cached velocity out of range", "alpha " + velocity, "[0, 1)", "");
    }
    if (order == Order.M_FIRST && at == HypergradientAt.PREVIOUS_M) {
      throw new ArgumentException(
          guard.method(),
          "no previous M where M moves first",
          order + ", " + at,
          HypergradientAt.CURRENT_M + ": it is the M that made the last step",
          "leave it as it is");
    }
  }

  /** One parameter's step. */
  record Step(Parameter parameter, Tensor gradient, State state, double rate) {}

  /** What P multiplied in the last step, or null if the next hypergradient has no use for it. */
  static Tensor previous(State state) {
    return state.get(PREVIOUS);
  }

  /** The base rule alone, guarded as the whole. */
  void stepBase(Step step) {
    Tensor theta = step.parameter.value();
    Tensor g = base.penalised(theta, step.gradient);
    Guard.Context context = new Guard.Context(step, g, null, 0, "");
    if (guard.skips(context, g, "gradient")) {
      skip(step.parameter, step.state);
      return;
    }
    Tensor direction = base.direction(g, step.state.child("base"));
    guard.require(context, direction, Math.max(1, step.rate), "step");
    base.descend(theta, direction, step.rate);
  }

  /** A step without a gradient: the next H would skip over it. */
  void skip(Parameter parameter, State state) {
    base.skip(parameter, state.child("base"));
    state.remove(PREVIOUS);
  }

  /**
   * Moves theta and M. If the gradient is not finite, this is as if there was none; if something
   * else is not, theta stays, and the states of {@code base} and {@code hyper} may have moved.
   *
   * @param hyper the rule that moves M, if it moves
   * @throws FopException if something is not finite but the gradient, or the third gradient in a
   *     row
   */
  void step(Step step, LearnedMap.Family family, Optional<StandardRule> hyper) {
    State state = step.state;
    Tensor theta = step.parameter.value();
    Tensor g = base.penalised(theta, step.gradient);
    Tensor m = state.get(guard.key(), family::first);
    LearnedMap map = family.at(m);
    Guard.Context context = context(step, g, family, hyper);
    Tensor h = hyper.isPresent() ? hypergradient(state, g, map, family) : null;
    if (guard.skips(context, h == null ? g : h, h == null ? "gradient" : "hypergradient")) {
      skip(step.parameter, state);
      return;
    }
    Tensor moved = h == null ? null : moved(context, m, h, family, hyper.get());
    if (moved != null && order == Order.M_FIRST) {
      m.assign(moved);
      map = family.at(m);
    }
    State own = state.child("base");
    Tensor u = preset == Preset.PAPER ? g : base.direction(g, own);
    Tensor mapped = sized(map.apply(u), u);
    Tensor direction = preset == Preset.PAPER ? base.direction(mapped, own) : mapped;
    guard.require(context, direction, Math.max(1, step.rate), "step");
    base.descend(theta, direction, step.rate);
    if (hyper.isPresent()) {
      remember(state, m, u, step.rate);
    }
    if (moved != null && order == Order.THETA_FIRST) {
      m.assign(moved);
    }
    state.count("step");
  }

  private static Guard.Context context(
      Step step, Tensor g, LearnedMap.Family family, Optional<StandardRule> hyper) {
    double rho = hyper.map(StandardRule::rate).orElse(0.0);
    return new Guard.Context(step, g, previous(step.state), rho, family.remedy());
  }

  private Tensor sized(Tensor mapped, Tensor u) {
    return keepsLength ? mapped.mul(u.norm().div(Learning.positive(mapped.norm()))) : mapped;
  }

  /** Copies of what the next hypergradient needs, if there is one; theirs may change meanwhile. */
  private void remember(State state, Tensor m, Tensor u, double rate) {
    if (velocity == 0 && !learning.movesAt(state.counter("step") + 2)) {
      state.remove(PREVIOUS);
      return;
    }
    Tensor before = velocity == 0 ? null : state.get(PREVIOUS);
    remember(state, before == null ? u.copy() : before.mul(velocity).add(u), rate);
    if (at == HypergradientAt.PREVIOUS_M) {
      state.store(PREVIOUS_M, m);
    }
  }

  /** {@code u} comes to belong to the state. */
  private static void remember(State state, Tensor u, double rate) {
    state.put(PREVIOUS, u);
    state.setCounter(PREVIOUS_RATE, Double.doubleToRawLongBits(rate));
  }

  /** The end of a step that was made elsewhere, with {@code u}, which the state comes to own. */
  void stepped(State state, Tensor u, boolean learns, double rate) {
    guard.passes(state);
    if (learns && learning.movesAt(state.counter("step") + 2)) {
      remember(state, u, rate);
    } else {
      state.remove(PREVIOUS);
    }
    state.count("step");
  }

  /**
   * The rule that moves M in the next step, if it has one with an op, and something to learn from.
   */
  Optional<FusedRule> mover(State state, Optional<StandardRule> hyper) {
    boolean moves = previous(state) != null && learning.movesAt(state.counter("step") + 1);
    return hyper.filter(rule -> moves).map(FusedRule.class::cast);
  }

  /** The learning rate of the step that left {@link #previous}. */
  static double previousRate(State state) {
    return Double.longBitsToDouble(state.counter(PREVIOUS_RATE));
  }

  /** H, or null if M rests in this step, or there was none to learn from. */
  private Tensor hypergradient(State state, Tensor g, LearnedMap map, LearnedMap.Family family) {
    boolean last = at == HypergradientAt.PREVIOUS_M;
    if (!learning.movesAt(state.counter("step") + 1)
        || !state.has(PREVIOUS)
        || (last && !state.has(PREVIOUS_M))) {
      return null;
    }
    LearnedMap made = last ? family.at(state.get(PREVIOUS_M)) : map;
    Tensor u = state.get(PREVIOUS);
    if (learning.scaleFree()) {
      return made.hypergradient(g, Learning.scaled(u, g), 1);
    }
    return made.hypergradient(g, u, previousRate(state));
  }

  /** The next M. */
  private Tensor moved(
      Guard.Context context, Tensor m, Tensor h, LearnedMap.Family family, StandardRule hyper) {
    State state = context.step().state();
    Tensor next = m.copy();
    Tensor direction = hyper.direction(hyper.penalised(m, h), state.child("hyper"));
    hyper.descend(next, direction, hyper.rate());
    Tensor limited = family.limited(learning.clipped(m, next));
    guard.require(context, limited, 1, guard.key());
    return limited;
  }
}
