package org.hypergrad.examples.comparison;

import java.util.List;
import org.hypergrad.examples.experiment.Images;
import org.hypergrad.examples.experiment.Outcome;
import org.hypergrad.examples.experiment.Plan;
import org.hypergrad.examples.experiment.Probe;
import org.hypergrad.examples.experiment.Run;
import org.hypergrad.examples.experiment.Runs;
import org.hypergrad.examples.learned.Snapshots;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.train.Metric;

/** A method with its settings, as one row of a comparison. */
public record Contender(Method method, Task settings) {
  /** Names of the cells of {@link #runs}. */
  static final List<String> HEADER = List.of("method", "rate");

  /** Looks at P in a run. */
  private static final long LOOKS = 20;

  private static final int TOP = 5;

  /**
   * A run that takes snapshots of each layer's P, if there is one.
   *
   * @param name of the run and of its file
   */
  public Run run(String name, long seed, Plan plan, Images images) {
    long every = Math.max(1, plan.steps(images.train().size()) / LOOKS);
    Rule rule = method.rule(settings);
    return run(name, seed, plan, images, Snapshots.of(rule, every));
  }

  /** A run that something else looks at, or nothing. */
  public Run run(String name, long seed, Plan plan, Images images, Probe probe) {
    long stepsPerEpoch = Math.ceilDiv(images.train().size(), plan.batch());
    return Run.of(name, settings::network, method.rule(settings), seed, plan, images)
        .schedule(settings.schedule(stepsPerEpoch))
        .metrics(metrics(images.classes().size()))
        .options(settings.texts())
        .probe(probe);
  }

  /** Of five guesses there is nothing to be said where classes are as few. */
  private static List<Metric> metrics(int classes) {
    return classes > TOP ? List.of(Metric.accuracy(), Metric.top(TOP)) : List.of(Metric.accuracy());
  }

  Runs runs(List<Outcome> outcomes) {
    return new Runs(method.toString(), List.of(method.toString(), settings.rate()), outcomes);
  }
}
