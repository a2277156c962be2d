package org.hypergrad.examples.whitening;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.hypergrad.engine.Device;
import org.hypergrad.examples.Results;
import org.hypergrad.examples.experiment.Images;
import org.hypergrad.examples.experiment.MnistOptions;
import org.hypergrad.examples.experiment.Outcome;
import org.hypergrad.examples.experiment.Plan;
import org.hypergrad.examples.experiment.Run;
import org.hypergrad.examples.experiment.RunOptions;
import org.hypergrad.examples.experiment.Runner;
import org.hypergrad.examples.experiment.Runs;
import org.hypergrad.examples.learned.Snapshots;
import org.hypergrad.fop.Preset;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Shows what P becomes for the kernels of a small convolutional net. */
@Command(
    name = "whitening",
    description = {
      "Trains a small convolutional net on images of ten classes, with FOP and without, at several"
          + " momenta, and shows what P became for each layer's 3 x 3 kernels (Figure 5 of the"
          + " paper): tables, matrices, spectra, as text, CSV and pictures.",
      ""
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    showDefaultValues = true)
public final class WhiteningCommand implements Callable<Integer> {
  /** Steps from one look at the matrices to the next. */
  private static final long EVERY = 100;

  private static final int EVALUATION_BATCH = 1000;

  @Spec private CommandSpec spec;

  @Option(names = "--steps", paramLabel = "N", description = "Steps of each run.")
  private long steps = 1500;

  @Option(names = "--batch", paramLabel = "N", description = "Images in a step.")
  private int batch = 32;

  @Option(names = "--lr", paramLabel = "RATE", description = "Learning rate.")
  private double rate = 0.05;

  @Option(
      names = "--momentum",
      paramLabel = "A",
      split = ",",
      description = "Momenta of the velocity, with commas between.")
  private List<Double> momenta = List.of(0.0, 0.5, 0.9);

  @Option(
      names = "--preset",
      paramLabel = "NAME",
      split = ",",
      showDefaultValue = Visibility.NEVER,
      description =
          "Presets of FOP, with commas between: paper, which is Algorithm 1, and direction, where P"
              + " multiplies the velocity (default: both).")
  private List<Preset> presets = List.of(Preset.PAPER, Preset.DIRECTION);

  @Option(names = "--m-rate", paramLabel = "RATE", description = "Learning rate of M, by Adam.")
  private double hyperRate = 5e-4;

  @Option(names = "--seeds", paramLabel = "N", description = "Runs of each kind, of seeds 1 to N.")
  private int seeds = 1;

  @Mixin private MnistOptions data;

  @Mixin private RunOptions options;

  @Override
  public Integer call() throws IOException {
    check();
    PrintWriter text = spec.commandLine().getOut();
    Device on = options.device(text);
    Images images = options.images(data.images(text), text);
    List<Variant> variants =
        Variant.all(
            rate,
            momenta.stream().distinct().toList(),
            presets.stream().distinct().toList(),
            hyperRate);
    long epochs = Math.ceilDiv(steps, Math.ceilDiv(images.train().size(), batch));
    try (Results results = options.results("whitening", "tables.md", text)) {
      Runner runner = options.runner(on, results, text);
      runner.expect(steps * variants.size() * seeds);
      Map<Variant, Runs> kinds = new LinkedHashMap<>();
      for (Variant variant : variants) {
        List<Outcome> own = new ArrayList<>();
        for (long seed = 1; seed <= seeds; seed++) {
          Run run = run(variant, seed, new Plan(epochs, steps, batch, EVALUATION_BATCH), images);
          Outcome outcome = runner.train(run, Runner.End.NOTHING);
          outcome.stopped().ifPresent(text::println);
          own.add(outcome);
        }
        kinds.put(
            variant,
            new Runs(variant.toString(), List.of(variant.momentum(), variant.method()), own));
      }
      new Report(kinds).write(results, text);
      text.println("written to " + results);
    }
    return 0;
  }

  private static Run run(Variant variant, long seed, Plan plan, Images images) {
    String name = "momentum-%s-%s-seed%d".formatted(variant.momentum(), variant.method(), seed);
    return Run.of(name, Network::of, variant.rule(), seed, plan, images)
        .options(variant.texts())
        .probe(Snapshots.of(variant.rule(), EVERY));
  }

  private void check() {
    options.check();
    options.require(steps >= 1, "--steps", "at least 1");
    options.require(batch >= 1, "--batch", "at least 1");
    options.require(positive(rate), "--lr", "a number above 0");
    options.require(
        !momenta.isEmpty() && momenta.stream().allMatch(a -> a >= 0 && a < 1),
        "--momentum",
        "numbers of at least 0 and below 1");
    options.require(!presets.isEmpty(), "--preset", "at least one name");
    options.require(hyperRate == 0 || positive(hyperRate), "--m-rate", "a number of at least 0");
    options.require(seeds >= 1, "--seeds", "at least 1");
  }

  private static boolean positive(double value) {
    return value > 0 && value < Double.POSITIVE_INFINITY;
  }
}
