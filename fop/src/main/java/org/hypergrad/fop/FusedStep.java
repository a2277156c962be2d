package org.hypergrad.fop;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.DescentRule;
import org.hypergrad.engine.op.PreconditionedDescend;
import org.hypergrad.fop.Preconditioner.Form;
import org.hypergrad.nn.optim.FusedRule;
import org.hypergrad.nn.optim.Rule.Update;
import org.hypergrad.nn.optim.StandardRule;
import org.hypergrad.nn.optim.State;

/**
 * The steps of a {@link Fop} for many parameters at once. Kernels go through one op that reads and
 * writes everything but gradients once; of other weights, P g and H are five skinny products, and
 * one op moves all of them, another all M; parameters without a P go through the op of the base
 * rule. It makes the steps of {@link Composition}, which defines them, up to rounding, and leaves
 * the same state: a run may change between the two.
 *
 * <p>What the op refuses, because something is not finite or close to it, is as it was before, and
 * goes through {@link Composition}, which says what happens.
 *
 * @param fop whose steps
 * @param rate learning rate of this step
 */
record FusedStep(Fop fop, double rate) {
  /** In place of the rule of an M that rests. */
  private static final DescentRule RESTING = new DescentRule.Sgd(0, false, 0);

  /** Ops are asked only for steps at lower rates, whose overflow they do not look for. */
  private static final double LARGEST_RATE = 1e12;

  /** What parameters have in common whose steps one op makes; no rule where M rests. */
  private record Together(Optional<FusedRule> hyper) {}

  /** Makes all steps. */
  void run(List<Update> updates) {
    Map<Together, List<Kernel>> kernels = new LinkedHashMap<>();
    FusedMatrices matrices = new FusedMatrices(fop, rate);
    List<Update> bare = new ArrayList<>();
    List<Update> others = new ArrayList<>();
    for (Update update : updates) {
      Preconditioner chosen = fop.preconditioner(update.parameter());
      if (isKernel(update, chosen)) {
        Kernel kernel = new Kernel(update, chosen);
        kernels.computeIfAbsent(kernel.together(), t -> new ArrayList<>()).add(kernel);
      } else if (isMatrix(update, chosen)) {
        matrices.add(update, chosen);
      } else if (chosen.form() == Form.NONE && hasOp(fop.base()) && rate < LARGEST_RATE) {
        bare.add(update);
      } else {
        others.add(update);
      }
    }
    kernels.forEach((together, some) -> others.addAll(move(together, some)));
    others.addAll(matrices.move());
    others.addAll(stepBase(bare));
    for (Update u : others) {
      fop.step(u.parameter(), u.gradient(), u.state(), rate);
    }
  }

  /** Whether one op makes this parameter's step. */
  private boolean isKernel(Update update, Preconditioner chosen) {
    return isFused(update, chosen)
        && rate < LARGEST_RATE
        && chosen.form() == Form.SPATIAL
        && chosen.factor(update.parameter()).extent(0) <= PreconditionedDescend.LARGEST;
  }

  /** Whether products and the ops of rules make it; if M moved first, all would wait for it. */
  private boolean isMatrix(Update update, Preconditioner chosen) {
    return isFused(update, chosen)
        && (chosen.form() == Form.PRODUCT || chosen.form() == Form.IDENTITY_PLUS_PRODUCT)
        && fop.order() == Order.THETA_FIRST;
  }

  /**
   * Whether P and H are what Algorithm 1 of the paper says, around rules that have an op. The
   * reference makes every step by its definition.
   */
  private boolean isFused(Update update, Preconditioner chosen) {
    Tensor theta = update.parameter().value();
    return !theta.device().equals(Device.reference())
        && hasOp(fop.base())
        && fop.hyper(chosen).map(FusedStep::hasOp).orElse(true)
        && fop.preset() == Preset.PAPER
        && fop.at() == HypergradientAt.CURRENT_M
        && fop.norm() == Norm.NONE
        && fop.velocity() == 0
        && fop.learning().isFree()
        && fop.convergence().isEmpty()
        && !fop.keepsLength();
  }

  /** Whether an op makes the steps of a rule, and none that is not finite of what is. */
  private static boolean hasOp(StandardRule rule) {
    return rule instanceof FusedRule fused && fused.descent().dividesSafely();
  }

  private FusedRule base() {
    return (FusedRule) fop.base();
  }

  /**
   * Parameters without a P follow the base rule together; gives those whose gradient is not finite,
   * or close to it.
   */
  private List<Update> stepBase(List<Update> updates) {
    List<Update> own = new ArrayList<>();
    List<Update> others = new ArrayList<>();
    double[] sizes = Guard.sizes(updates.stream().map(Update::gradient).toList());
    for (int i = 0; i < sizes.length; i++) {
      Update u = updates.get(i);
      if (sizes[i] < PreconditionedDescend.REACH) {
        fop.composition().guard().passes(u.state());
        own.add(new Update(u.parameter(), u.gradient(), u.state().child("base")));
      } else {
        others.add(u);
      }
    }
    if (!own.isEmpty()) {
      fop.base().step(own, rate);
    }
    return others;
  }

  /** Gives those that were refused. */
  private List<Update> move(Together together, List<Kernel> kernels) {
    List<PreconditionedDescend.Part> parts = new ArrayList<>();
    List<Tensor> operands = new ArrayList<>();
    for (Kernel kernel : kernels) {
      kernel.prepare(together, parts, operands);
    }
    boolean[] moved =
        new PreconditionedDescend(
                base().descent(),
                together.hyper.map(FusedRule::descent).orElse(RESTING),
                fop.order() == Order.M_FIRST,
                parts)
            .apply(operands.toArray(Tensor[]::new));
    List<Update> refused = new ArrayList<>();
    for (int i = 0; i < moved.length; i++) {
      if (moved[i]) {
        kernels.get(i).remember();
      } else {
        kernels.get(i).undo();
        refused.add(kernels.get(i).update);
      }
    }
    return refused;
  }

  /** One kernel on its way through the op. */
  private final class Kernel {
    private final Update update;
    private final Optional<StandardRule> hyper;
    private final Tensor m;
    private final List<Before> before = new ArrayList<>();

    /** The g' that the op reads, and with a weight decay replaces. */
    private Tensor previous;

    Kernel(Update update, Preconditioner chosen) {
      this.update = update;
      hyper = fop.hyper(chosen);
      m =
          chosen.fitting(
              update.parameter(),
              update.state().get("M", () -> fop.firstFactor(update.parameter())));
    }

    Together together() {
      State state = update.state();
      boolean learns =
          Composition.previous(state) != null && fop.learning().movesAt(state.counter("step") + 1);
      return new Together(hyper.filter(h -> learns).map(FusedRule.class::cast));
    }

    void prepare(Together together, List<PreconditionedDescend.Part> parts, List<Tensor> operands) {
      State state = update.state();
      Tensor gradient = update.gradient();
      previous = Composition.previous(state);
      if (previous == null) {
        boolean replaced = base().weightDecay() != 0;
        previous = replaced ? Tensor.zeros(gradient.shape().toArray()) : gradient;
      }
      FusedRule.Prepared own = base().prepare(gradient, child("base"), rate);
      operands.addAll(List.of(update.parameter().value(), gradient, previous, m));
      operands.addAll(own.states());
      FusedRule.Prepared learning = own;
      if (together.hyper.isPresent()) {
        FusedRule rule = together.hyper.get();
        learning = rule.prepare(m, child("hyper"), rule.rate());
        operands.addAll(learning.states());
      }
      parts.add(
          new PreconditionedDescend.Part(
              own.numbers(),
              learning.numbers(),
              Composition.previousRate(state),
              together.hyper.isPresent()));
    }

    private State child(String name) {
      State child = update.state().child(name);
      before.add(
          new Before(child, Map.copyOf(child.counters()), Set.copyOf(child.tensors().keySet())));
      return child;
    }

    /** What the next hypergradient needs: the gradient's own elements, which nobody changes. */
    void remember() {
      Tensor g = base().weightDecay() == 0 ? update.gradient().detach() : previous;
      fop.composition().stepped(update.state(), g, hyper.isPresent(), rate);
    }

    void undo() {
      before.forEach(Before::restore);
    }
  }

  /** What a rule had in its state before it prepared a step that was refused. */
  private record Before(State state, Map<String, Long> counters, Set<String> tensors) {
    void restore() {
      for (String name : Set.copyOf(state.tensors().keySet())) {
        if (!tensors.contains(name)) {
          state.remove(name);
        }
      }
      state
          .counters()
          .keySet()
          .forEach(name -> state.setCounter(name, counters.getOrDefault(name, 0L)));
    }
  }
}
