package org.hypergrad.examples.experiment;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.Schedule;
import org.hypergrad.nn.train.Metric;

/**
 * One training of a network. Immutable.
 *
 * <pre>{@code
 * Run run = Run.of("fop-seed1", AllCnn::of, rule, 1, plan, images)
 *     .schedule(Schedule.steps(0.1, 80 * 391)).options(Map.of("--lr", "0.05"));
 * }</pre>
 *
 * @param name of the run and of the folder of its checkpoints
 * @param network makes it, with its first weights
 * @param rule how it is trained
 * @param schedule of the rule's rate; what it depends on belongs to the options
 * @param seed of weights and order
 * @param plan how long
 * @param options what a run that goes on must have as before, by the name on the command line
 * @param images to train and to test on
 * @param probe looks on
 * @param metrics of the test images, accuracy among them
 */
public record Run(
    String name,
    Function<Generator, ? extends Module> network,
    Rule rule,
    Schedule schedule,
    long seed,
    Plan plan,
    Map<String, String> options,
    Images images,
    Probe probe,
    List<Metric> metrics) {
  public Run {
    options = Map.copyOf(options);
    metrics = List.copyOf(metrics);
  }

  /** With a constant rate, no options, and nobody looking on. */
  public static Run of(
      String name,
      Function<Generator, ? extends Module> network,
      Rule rule,
      long seed,
      Plan plan,
      Images images) {
    return new Run(
        name,
        network,
        rule,
        Schedule.constant(),
        seed,
        plan,
        Map.of(),
        images,
        Probe.NONE,
        List.of(Metric.accuracy()));
  }

  /** The same at rates of this schedule. */
  public Run schedule(Schedule schedule) {
    return new Run(name, network, rule, schedule, seed, plan, options, images, probe, metrics);
  }

  /** The same with other options. */
  public Run options(Map<String, String> options) {
    return new Run(name, network, rule, schedule, seed, plan, options, images, probe, metrics);
  }

  /** The same with another probe. */
  public Run probe(Probe probe) {
    return new Run(name, network, rule, schedule, seed, plan, options, images, probe, metrics);
  }

  /** The same with these measured of the test images. */
  public Run metrics(List<Metric> metrics) {
    return new Run(name, network, rule, schedule, seed, plan, options, images, probe, metrics);
  }

  /** Steps from start to end. */
  public long steps() {
    return plan.steps(images.train().size());
  }

  /** What says in a checkpoint which run it is of; what names a difference best comes first. */
  Map<String, String> identity() {
    Map<String, String> texts = new LinkedHashMap<>(new TreeMap<>(options));
    texts.put("--batch", String.valueOf(plan.batch()));
    texts.put("--micro-batch", String.valueOf(plan.microBatch()));
    texts.put("seed", String.valueOf(seed));
    texts.put("number of training images", String.valueOf(images.train().size()));
    texts.put("number of test images", String.valueOf(images.test().size()));
    texts.put("preparation of images", images.preparation());
    texts.put("images", images.fingerprint());
    return texts;
  }

  /**
   * Checks that a checkpoint is of this run.
   *
   * @param identity of this run
   * @throws ArgumentException if it is of one with other options
   */
  static void checkSame(Map<String, String> identity, Map<String, String> saved, Path file) {
    identity.forEach(
        (key, value) -> {
          if (!value.equals(saved.get(key))) {
            throw new ArgumentException(
                "resume",
                file + " is of a run with other " + key,
                String.valueOf(saved.get(key)),
                value,
                "give the same options, another --out, or no --resume");
          }
        });
  }
}
