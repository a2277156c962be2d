package org.hypergrad.examples.mnist;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.examples.Results;
import org.hypergrad.examples.chart.Charts;
import org.hypergrad.fop.Fop;
import org.hypergrad.fop.FopException;
import org.hypergrad.nn.Sequential;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.save.Weights;
import org.hypergrad.nn.train.DivergenceException;

/** Runs of several methods and seeds, each from the first weights of its seed. */
final class Comparison {
  private final Settings settings;
  private final Images images;
  private final Device device;
  private final Results out;
  private final boolean resume;
  private final PrintWriter text;
  private final Map<String, String> diverged = new LinkedHashMap<>();

  /**
   * Of runs that leave weights and the picture of what was learned in {@code out}, and their
   * checkpoints in a folder {@code runs} there.
   */
  Comparison(
      Settings settings,
      Images images,
      Device device,
      Results out,
      boolean resume,
      PrintWriter text) {
    this.settings = settings;
    this.images = images;
    this.device = device;
    this.out = out;
    this.resume = resume;
    this.text = text;
  }

  /** Every method with seeds 1 to {@code seeds}, in the order of the methods. */
  List<Outcome> run(List<Method> methods, int seeds, List<Double> rates) throws IOException {
    warmUp();
    List<Outcome> outcomes = new ArrayList<>();
    for (Method method : methods) {
      double rate = method == Method.MOMENTUM_BEST ? bestRate(rates) : settings.rate();
      for (long seed = 1; seed <= seeds; seed++) {
        run(method, rate, seed).ifPresent(outcomes::add);
      }
    }
    return outcomes;
  }

  /** Messages of the runs that diverged, by name of the run. */
  Map<String, String> diverged() {
    return Collections.unmodifiableMap(diverged);
  }

  private void warmUp() {
    Settings harmless = new Settings(1, 1, 1, 1e-3, 0.9, 4, 0.1, 1e-6);
    Run.warmUp(device, images, Method.FOP.rule(harmless, harmless.rate(), 0));
  }

  private Optional<Outcome> run(Method method, double rate, long seed) throws IOException {
    Rule rule = method.rule(settings, rate, seed);
    Run run = new Run(method + "-seed" + seed, method, rule, seed, settings, images);
    if (seed == 1 && rule instanceof Fop fop) {
      introduce(method, fop);
    }
    return train(run, seed == 1);
  }

  /** Empty if it diverged, which is noted: the other runs are worth having all the same. */
  private Optional<Outcome> train(Run run, boolean keep) throws IOException {
    Path checkpoint = out.file("runs").resolve(run.name() + ".safetensors");
    try {
      return Optional.of(
          run.train(device, checkpoint, resume, text, (m, o) -> keep(keep, run, m, o)));
    } catch (DivergenceException | FopException stopped) {
      text.println(run.name() + " stopped");
      diverged.put(run.name(), stopped.getMessage());
      return Optional.empty();
    }
  }

  private void keep(boolean keep, Run run, Sequential model, Optimizer optimizer)
      throws IOException {
    if (!keep) {
      return;
    }
    String weights = run.method() + ".safetensors";
    Weights.save(model, out.file(weights));
    out.wrote(weights);
    boolean learned = run.rule() instanceof Fop && run.method() != Method.FOP_FROZEN;
    if (learned && Charts.problem().isEmpty()) {
      out.write(
          run.method() + "-learned.png", file -> Learned.draw(file, (Fop) run.rule(), optimizer));
    }
  }

  /** What P each weight gets. */
  private void introduce(Method method, Fop fop) {
    Scope.run(
        () -> {
          try (Sequential model = Run.network(new Generator(1))) {
            text.println();
            text.println(method + ":");
            text.println(fop.table(model.parameters()));
          }
        });
  }

  /** The rate of momentum with the best accuracy on training images that are held out. */
  private double bestRate(List<Double> rates) throws IOException {
    Images tuning = images.tuning();
    double best = Double.NaN;
    double bestAccuracy = -1;
    StringJoiner seen = new StringJoiner(", ");
    for (double rate : rates) {
      Run run =
          new Run(
              "momentum-rate" + rate,
              Method.MOMENTUM,
              Method.MOMENTUM.rule(settings, rate, 1),
              1,
              settings,
              tuning);
      double accuracy = train(run, false).map(Outcome::accuracy).orElse(0.0);
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
