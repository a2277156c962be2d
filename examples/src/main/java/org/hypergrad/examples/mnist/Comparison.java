package org.hypergrad.examples.mnist;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.Function;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.examples.Results;
import org.hypergrad.examples.chart.Charts;
import org.hypergrad.examples.experiment.Images;
import org.hypergrad.examples.experiment.Outcome;
import org.hypergrad.examples.experiment.Plan;
import org.hypergrad.examples.experiment.Probe;
import org.hypergrad.examples.experiment.Run;
import org.hypergrad.examples.experiment.Runner;
import org.hypergrad.fop.Fop;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.save.Weights;

/** Runs of several methods and seeds, each from the first weights of its seed. */
final class Comparison {
  /** Among which momentum finds its best. */
  private static final List<Double> RATES = List.of(0.005, 0.01, 0.02, 0.03, 0.05, 0.1);

  /** Steps that are thrown away. */
  private static final int WARM_UP = 150;

  private final Plan plan;
  private final Images images;
  private final Runner runner;
  private final Results out;
  private final PrintWriter text;
  private final Function<Rule, Probe> probe;
  private final Map<String, String> diverged = new LinkedHashMap<>();

  /**
   * Of runs that leave weights and the picture of what was learned in {@code out}.
   *
   * @param probe what looks on at a rule's runs
   */
  Comparison(
      Plan plan,
      Images images,
      Runner runner,
      Results out,
      PrintWriter text,
      Function<Rule, Probe> probe) {
    this.plan = plan;
    this.images = images;
    this.runner = runner;
    this.out = out;
    this.text = text;
    this.probe = probe;
  }

  /**
   * Every contender with seeds 1 to {@code seeds}, in their order; those of whom all runs diverged
   * are not there.
   */
  Map<Contender, List<Outcome>> run(List<Contender> contenders, int seeds) throws IOException {
    expect(contenders, seeds);
    Settings harmless = new Settings(1e-3, 0.9, 4, 0.1, 1e-6);
    runner.warmUp(run(Contender.of(Method.FOP, harmless), "warm-up", 0, images), WARM_UP);
    Map<Contender, List<Outcome>> outcomes = new LinkedHashMap<>();
    for (Contender contender : contenders) {
      Contender chosen =
          contender.method() == Method.MOMENTUM_BEST
              ? contender.withRate(bestRate(contender.settings()))
              : contender;
      List<Outcome> own = new ArrayList<>();
      for (long seed = 1; seed <= seeds; seed++) {
        run(chosen, seed, own);
      }
      if (!own.isEmpty()) {
        outcomes.put(chosen, own);
      }
    }
    return outcomes;
  }

  private void expect(List<Contender> contenders, int seeds) {
    runner.expect(plan.steps(images.train().size()) * contenders.size() * seeds);
    if (contenders.stream().anyMatch(c -> c.method() == Method.MOMENTUM_BEST)) {
      runner.expect(plan.steps(images.tuning().train().size()) * RATES.size());
    }
  }

  /** Messages of the runs that diverged, by name of the run. */
  Map<String, String> diverged() {
    return Collections.unmodifiableMap(diverged);
  }

  private Run run(Contender contender, String name, long seed, Images on) {
    Rule rule = contender.rule(seed);
    return Run.of(name, Network::of, rule, seed, plan, on)
        .options(contender.settings().texts())
        .probe(probe.apply(rule));
  }

  private void run(Contender contender, long seed, List<Outcome> outcomes) throws IOException {
    Run run = run(contender, contender.name() + "-seed" + seed, seed, images);
    Runner.End end = Runner.End.NOTHING;
    if (seed == 1) {
      introduce(contender, run.rule());
      end = (model, optimizer) -> keep(contender, run.rule(), model, optimizer);
    }
    Outcome outcome = runner.train(run, end);
    if (note(run, outcome)) {
      outcomes.add(outcome);
    }
  }

  /** Whether it came to its end; else that is noted, for the other runs are worth having. */
  private boolean note(Run run, Outcome outcome) {
    outcome.stopped().ifPresent(why -> diverged.put(run.name(), why));
    return outcome.stopped().isEmpty();
  }

  private void keep(Contender contender, Rule rule, Module model, Optimizer optimizer)
      throws IOException {
    String weights = contender.name() + ".safetensors";
    Weights.save(model, out.file(weights), Network.card(images.classes()).texts());
    out.wrote(weights);
    if (contender.method().learns() && Charts.problem().isEmpty()) {
      out.write(
          contender.name() + "-learned.png", file -> Learned.draw(file, (Fop) rule, optimizer));
    }
  }

  /** What P each weight gets. */
  private void introduce(Contender contender, Rule rule) {
    if (rule instanceof Fop fop) {
      Scope.run(
          () -> {
            try (Module model = Network.of(new Generator(1))) {
              text.println();
              text.println(contender.name() + ":");
              text.println(fop.table(model.parameters()));
            }
          });
    }
  }

  /** The rate of momentum with the best accuracy on training images that are held out. */
  private double bestRate(Settings settings) throws IOException {
    Images tuning = images.tuning();
    double best = Double.NaN;
    double bestAccuracy = -1;
    StringJoiner seen = new StringJoiner(", ");
    for (double rate : RATES) {
      Contender momentum = Contender.of(Method.MOMENTUM, settings.withRate(rate));
      Run run = run(momentum, "momentum-rate" + rate, 1, tuning);
      Outcome outcome = runner.train(run, Runner.End.NOTHING);
      double accuracy = note(run, outcome) ? outcome.accuracy() : 0;
      seen.add(String.format(Locale.ROOT, "%s: %.2f %%", rate, 100 * accuracy));
      if (accuracy > bestAccuracy) {
        bestAccuracy = accuracy;
        best = rate;
      }
    }
    text.printf(
        "momentum's best rate is %s, by accuracy on %s (%s)%n", best, tuning.description(), seen);
    return best;
  }
}
