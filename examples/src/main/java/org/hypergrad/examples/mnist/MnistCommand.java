package org.hypergrad.examples.mnist;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.hypergrad.engine.Device;
import org.hypergrad.examples.Results;
import org.hypergrad.examples.chart.Charts;
import org.hypergrad.nn.data.Mnist;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Compares FOP with momentum on images, from the same first weights. */
@Command(
    name = "mnist",
    description = {
      "Trains a network of 784-100-100-100-10 units on images of ten classes, with momentum and"
          + " with momentum + FOP, from the same first weights and in the same order, beside two"
          + " controls; prints a table, and writes curves, CSV, a picture of what M learned, and"
          + " the weights.",
      ""
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    showDefaultValues = true)
public final class MnistCommand implements Callable<Integer> {
  private static final List<Double> RATES = List.of(0.005, 0.01, 0.02, 0.03, 0.05, 0.1);

  @Spec private CommandSpec spec;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "Folder of the four IDX files of MNIST or Fashion-MNIST, plain or .gz. Without it:"
              + " bundled images.")
  private Path data;

  @Option(
      names = "--download",
      description = "Fetch MNIST into --data, or into data/mnist, and use it.")
  private boolean download;

  @Option(names = "--epochs", paramLabel = "N", description = "Passes over the training images.")
  private long epochs = 10;

  @Option(
      names = "--steps",
      paramLabel = "N",
      description = "End each run after so many steps in any case.",
      showDefaultValue = picocli.CommandLine.Help.Visibility.NEVER)
  private long steps = Long.MAX_VALUE;

  @Option(names = "--batch", paramLabel = "N", description = "Images in a step.")
  private int batch = 128;

  @Option(names = "--lr", paramLabel = "RATE", description = "Learning rate.")
  private double rate = 0.005;

  @Option(names = "--momentum", paramLabel = "A", description = "Momentum of the velocity.")
  private double momentum = 0.9;

  @Option(
      names = "--rank",
      paramLabel = "K",
      description = "Columns of M at most; 0 for a square M.")
  private int rank;

  @Option(names = "--sigma", paramLabel = "S", description = "Standard deviation of the first M.")
  private double deviation = 0.1;

  @Option(names = "--m-rate", paramLabel = "RATE", description = "Learning rate of M, by Adam.")
  private double hyperRate = 1e-6;

  @Option(
      names = "--method",
      paramLabel = "NAME",
      split = ",",
      description =
          "What to run, of: momentum, momentum-best, fop, fop-frozen, fop-direction, adam. Names"
              + " with commas between.")
  private List<String> methods = List.of("momentum", "fop", "fop-frozen", "momentum-best");

  @Option(
      names = "--seeds",
      paramLabel = "N",
      description = "Runs of each method, of seeds 1 to N.")
  private int seeds = 1;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      description =
          "best, cuda or cuda:<n> (a GPU by its number), cpu, reference, or simulated (a GPU of"
              + " software: slow).")
  private String device = "best";

  @Option(names = "--threads", paramLabel = "N", description = "Threads of the device; 0 for all.")
  private int threads;

  @Option(names = "--out", paramLabel = "DIR", description = "Where results go.")
  private Path out = Path.of("out", "mnist");

  @Option(
      names = "--resume",
      description = "Go on with the runs that --out holds, where they are not done.")
  private boolean resume;

  @Override
  public Integer call() throws IOException {
    PrintWriter text = spec.commandLine().getOut();
    List<Method> chosen = methods.stream().map(this::method).distinct().toList();
    check();
    Device on = Device.named(device);
    if (threads > 0) {
      on.setThreads(threads);
    }
    text.printf("hypergrad on %s, %d threads%n", on, on.threads());
    Images images = images(text);
    text.println("images: " + images.description());
    Settings settings =
        new Settings(epochs, steps, batch, rate, momentum, rank, deviation, hyperRate);
    try (Results results = Results.in(out)) {
      if (!resume && Files.exists(results.file("curves.csv"))) {
        text.println("what " + out + " held before is written anew");
      }
      Files.createDirectories(results.file("runs"));
      Comparison comparison = new Comparison(settings, images, on, results, resume, text);
      List<Outcome> outcomes = comparison.run(chosen, seeds, RATES);
      if (!outcomes.isEmpty()) {
        write(new Report(outcomes, images.test().size()), results, text);
      }
      comparison
          .diverged()
          .forEach((run, why) -> spec.commandLine().getErr().println(run + ": " + why));
      return comparison.diverged().isEmpty() ? 0 : 1;
    }
  }

  private Method method(String name) {
    for (Method method : Method.values()) {
      if (method.toString().equals(name.toLowerCase(Locale.ROOT))) {
        return method;
      }
    }
    throw new ParameterException(
        spec.commandLine(),
        "--method: no method \"" + name + "\"; there are " + List.of(Method.values()));
  }

  private void check() {
    require(epochs >= 1, "--epochs", "at least 1");
    require(steps >= 1, "--steps", "at least 1");
    require(batch >= 1, "--batch", "at least 1");
    require(rate > 0 && rate < Double.POSITIVE_INFINITY, "--lr", "a number above 0");
    require(momentum >= 0 && momentum < 1, "--momentum", "at least 0 and below 1");
    require(rank >= 0, "--rank", "at least 1, or 0 for a square M");
    require(deviation > 0 && deviation < Double.POSITIVE_INFINITY, "--sigma", "a number above 0");
    require(
        hyperRate >= 0 && hyperRate < Double.POSITIVE_INFINITY,
        "--m-rate",
        "a number of at least 0");
    require(seeds >= 1, "--seeds", "at least 1");
    require(!methods.isEmpty(), "--method", "at least one name");
    require(threads >= 0, "--threads", "at least 1, or 0 for all");
  }

  private void require(boolean fits, String option, String range) {
    if (!fits) {
      throw new ParameterException(spec.commandLine(), option + " must be " + range);
    }
  }

  private Images images(PrintWriter text) {
    if (download) {
      Path folder = data == null ? Path.of("data", "mnist") : data;
      Mnist.DOWNLOAD.into(folder, text::println);
      return Images.folder(folder);
    }
    return data == null ? Images.bundled() : Images.folder(data);
  }

  private static void write(Report report, Results results, PrintWriter text) throws IOException {
    text.println();
    report.print(text);
    results.write("curves.csv", report::csv);
    if (Charts.problem().isEmpty()) {
      results.write("curves.png", report::curves);
    } else {
      text.println("no pictures: they " + Charts.problem());
    }
    text.println("written to " + results);
  }
}
