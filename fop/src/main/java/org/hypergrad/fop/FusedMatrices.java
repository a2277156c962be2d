package org.hypergrad.fop;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.PreconditionedDescend;
import org.hypergrad.nn.optim.FusedRule;
import org.hypergrad.nn.optim.Rule.Update;
import org.hypergrad.nn.optim.StandardRule;

/**
 * Weights that are matrices on their way through a {@link FusedStep}: M^T g, M (M^T g), M^T g' and
 * the two products of H for each, then one op that moves all thetas, and one for each rule that
 * moves some M.
 */
final class FusedMatrices {
  private final Fop fop;
  private final FusedRule base;
  private final double rate;
  private final List<Step> steps = new ArrayList<>();

  FusedMatrices(Fop fop, double rate) {
    this.fop = fop;
    this.base = fop.base() instanceof FusedRule rule ? rule : null;
    this.rate = rate;
  }

  /**
   * One weight.
   *
   * @param g its gradient with the weight decay
   * @param mapped P g
   * @param h the hypergradient, if M moves
   * @param mover what moves M now
   * @param learns whether M ever moves
   */
  private record Step(
      Update update,
      Tensor m,
      Tensor g,
      Tensor mapped,
      Tensor h,
      Optional<FusedRule> mover,
      boolean learns) {
    /** What is finite, and far from an overflow, only if all of the step is. */
    List<Tensor> witnesses() {
      return List.of(mapped, h == null ? g : h);
    }

    private double largestFactor() {
      return mover.map(rule -> Math.max(1, rule.rate())).orElse(1.0);
    }

    boolean isSafe(double mappedSize, double otherSize, double rate) {
      return mappedSize * Math.max(1, rate) < PreconditionedDescend.REACH
          && otherSize * largestFactor() < PreconditionedDescend.REACH;
    }
  }

  /** Computes P g and H; nothing moves yet. */
  void add(Update update, Preconditioner chosen) {
    Optional<StandardRule> hyper = fop.hyper(chosen);
    Tensor m =
        chosen.fitting(
            update.parameter(), update.state().get("M", () -> fop.firstFactor(update.parameter())));
    Optional<FusedRule> mover = fop.composition().mover(update.state(), hyper);
    Tensor g = fop.base().penalised(update.parameter().value(), update.gradient());
    FopMatrix matrix = new FopMatrix(chosen.form(), m, Norm.NONE);
    Tensor x = chosen.matrix(g);
    Tensor q = matrix.project(x);
    Tensor mapped = chosen.restore(matrix.precondition(x, q), g.shape());
    Tensor h = null;
    if (mover.isPresent()) {
      Tensor u = chosen.matrix(Composition.previous(update.state()));
      h = matrix.hypergradient(x, q, u, Composition.previousRate(update.state()));
    }
    steps.add(new Step(update, m, g, mapped, h, mover, hyper.isPresent()));
  }

  /** Moves all but those that are not finite, or close to it, and gives these. */
  List<Update> move() {
    double[] sizes = Guard.sizes(steps.stream().flatMap(s -> s.witnesses().stream()).toList());
    List<Update> refused = new ArrayList<>();
    List<FusedRule.Move> thetas = new ArrayList<>();
    Map<FusedRule, List<FusedRule.Move>> factors = new LinkedHashMap<>();
    List<Step> moving = new ArrayList<>();
    for (int i = 0; i < steps.size(); i++) {
      Step step = steps.get(i);
      Update u = step.update;
      if (step.isSafe(sizes[2 * i], sizes[2 * i + 1], rate)) {
        moving.add(step);
        thetas.add(new FusedRule.Move(u.parameter().value(), step.mapped, u.state().child("base")));
        step.mover.ifPresent(
            rule ->
                factors
                    .computeIfAbsent(rule, r -> new ArrayList<>())
                    .add(new FusedRule.Move(step.m, step.h, u.state().child("hyper"))));
      } else {
        refused.add(u);
      }
    }
    if (!thetas.isEmpty()) {
      base.move(thetas, base.descent().withoutWeightDecay(), rate);
    }
    factors.forEach((rule, moves) -> rule.move(moves, rule.descent(), rule.rate()));
    for (Step step : moving) {
      fop.composition().stepped(step.update.state(), step.g.detach(), step.learns, rate);
    }
    return refused;
  }
}
