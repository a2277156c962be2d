package org.hypergrad.examples.mnist;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.StringJoiner;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.error.EngineException;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.examples.chart.Charts;
import org.hypergrad.fop.Fop;
import org.hypergrad.nn.Sequential;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.save.Weights;

/** Runs of several methods and seeds, each from the first weights of its seed. */
final class Comparison {
  private final Settings settings;
  private final Images images;
  private final Device device;
  private final Path out;
  private final boolean resume;
  private final PrintWriter text;

  /**
   * Of runs that leave their checkpoints in a folder {@code runs} of {@code out}, and weights and
   * the picture of what was learned in {@code out}.
   */
  Comparison(
      Settings settings, Images images, Device device, Path out, boolean resume, PrintWriter text) {
    this.settings = settings;
    this.images = images;
    this.device = device;
    this.out = out;
    this.resume = resume;
    this.text = text;
  }

  /** Every method with seeds 1 to {@code seeds}, in the order of the methods. */
  List<Outcome> run(List<Method> methods, int seeds, List<Double> rates) {
    List<Outcome> outcomes = new ArrayList<>();
    for (Method method : methods) {
      double rate = method == Method.MOMENTUM_BEST ? bestRate(rates) : settings.rate();
      for (long seed = 1; seed <= seeds; seed++) {
        outcomes.add(run(method, rate, seed));
      }
    }
    return outcomes;
  }

  private Outcome run(Method method, double rate, long seed) {
    Run run =
        new Run(
            method + "-seed" + seed,
            method,
            method.rule(settings, rate, seed),
            seed,
            settings,
            images);
    if (seed == 1 && run.rule() instanceof Fop fop) {
      introduce(method, fop);
    }
    return train(run, seed == 1);
  }

  private Outcome train(Run run, boolean keep) {
    try {
      return run.train(
          device,
          out.resolve("runs").resolve(run.name() + ".safetensors"),
          resume,
          text,
          (model, optimizer) -> {
            if (keep) {
              Weights.save(model, out.resolve(run.method() + ".safetensors"));
              picture(run, optimizer);
            }
          });
    } catch (EngineException stopped) {
      text.println(run.name() + " stopped");
      throw stopped;
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

  private void picture(Run run, Optimizer optimizer) {
    if (run.rule() instanceof Fop fop
        && run.method() != Method.FOP_FROZEN
        && Charts.problem().isEmpty()) {
      Learned.draw(out.resolve(run.method() + "-learned.png"), fop, optimizer);
    }
  }

  /** The rate of momentum with the best accuracy on training images that are held out. */
  private double bestRate(List<Double> rates) {
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
      double accuracy = train(run, false).accuracy();
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
