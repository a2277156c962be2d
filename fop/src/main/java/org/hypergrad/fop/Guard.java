package org.hypergrad.fop;

import java.util.List;
import java.util.Locale;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.Norms;
import org.hypergrad.nn.optim.State;

/**
 * What stands between numbers that are not finite and a parameter. A gradient that is not finite is
 * passed over and counted, under {@value #SKIPPED}; {@value #LIMIT} in a row, under {@value
 * #IN_A_ROW}, are an error, as is all else that is not finite.
 *
 * @param method the name in errors
 * @param key the name of what is learned
 */
record Guard(String method, String key) {
  static final String SKIPPED = "skipped";
  static final String IN_A_ROW = "skippedInARow";
  static final int LIMIT = 3;

  /** What an error says beside what is not finite. */
  record Context(Composition.Step step, Tensor g, Tensor previous, double hyperRate, String more) {}

  /**
   * Whether the gradient is not finite. Counts that it was, or was not.
   *
   * @param witness not finite if the gradient is not, and cheaper to look at; or the gradient
   * @throws FopException if it is the third in a row, or the witness alone is not finite
   */
  boolean skips(Context context, Tensor witness, String name) {
    State state = context.step.state();
    double size = witness.norm().item();
    if (Double.isFinite(size) || finite(context.g)) {
      if (!Double.isFinite(size) && witness != context.g) {
        throw failure(context, name + " is not finite", name, size);
      }
      passes(state);
      return false;
    }
    state.count(SKIPPED);
    if (state.count(IN_A_ROW) >= LIMIT) {
      String problem = "gradient is not finite, " + state.counter(IN_A_ROW) + " times in a row";
      throw failure(context, problem, "gradient", context.g.norm().item());
    }
    return true;
  }

  /** Counts a gradient that is finite. */
  void passes(State state) {
    if (state.counter(IN_A_ROW) > 0) {
      state.setCounter(IN_A_ROW, 0);
    }
  }

  /** The norms of some tensors, after one wait: finite only if all elements are. */
  static double[] sizes(List<Tensor> tensors) {
    if (tensors.isEmpty()) {
      return new double[0];
    }
    return Norms.of(tensors.toArray(Tensor[]::new)).toDoubles();
  }

  /** A norm is one pass and one number to wait for; if it is small enough, all elements are. */
  void require(Context context, Tensor x, double factor, String name) {
    double size = x.norm().item() * factor;
    if (!(size < Float.MAX_VALUE) && !finite(x.mul(factor))) {
      throw failure(context, name + " is not finite", name, size);
    }
  }

  /** 0 times a finite number is 0; 0 times another is NaN. A norm may overflow. */
  private static boolean finite(Tensor x) {
    return Scope.call(() -> x.mul(0).sum().item()) == 0;
  }

  private FopException failure(Context context, String problem, String name, double size) {
    Composition.Step step = context.step;
    double now = context.g.norm().item();
    double before = context.previous == null ? Double.NaN : context.previous.norm().item();
    double growth = 2 * context.hyperRate * step.rate() * now * before;
    return new FopException(
        method,
        problem,
        step.parameter().name(),
        step.state().counter("step") + 1,
        growth,
        String.format(
            Locale.ROOT,
            "|%s| %.3g, |g| %.3g, |g'| %.3g, rate eps %.3g, rate of %s rho %.3g,"
                + " 2 rho eps |g| |g'| = %.3g",
            name,
            size,
            now,
            before,
            step.rate(),
            key,
            context.hyperRate,
            growth),
        "lower the learning rate, or the rate of " + key + context.more);
  }
}
