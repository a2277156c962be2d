package org.hypergrad.examples.cifar10;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.hypergrad.engine.Device;
import org.hypergrad.examples.Results;
import org.hypergrad.examples.comparison.Comparison;
import org.hypergrad.examples.comparison.Contender;
import org.hypergrad.examples.comparison.Method;
import org.hypergrad.examples.comparison.MethodOptions;
import org.hypergrad.examples.comparison.Report;
import org.hypergrad.examples.experiment.Images;
import org.hypergrad.examples.experiment.Plan;
import org.hypergrad.examples.experiment.RunOptions;
import org.hypergrad.examples.experiment.Runs;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Compares FOP with other methods on CIFAR-10, as the paper does. */
@Command(
    name = "cifar10",
    description = {
      "Trains All-CNN-C, nine convolutions with 1,369,738 parameters, on CIFAR-10 with the paper's"
          + " settings, by one method or several from the same first weights; prints the paper's"
          + " table, and writes it, curves (Figure 2), what P became (Figure 5), CSV, and the"
          + " weights.",
      ""
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    showDefaultValues = true)
public final class Cifar10Command implements Callable<Integer> {
  @Spec private CommandSpec spec;

  @Mixin private MethodOptions methods = new MethodOptions(Settings.EPOCHS, Settings.BATCH);

  @Option(
      names = "--lower-after",
      paramLabel = "N",
      description = "Go on with a tenth of the learning rate after so many epochs.")
  private long lowerAfter = 80;

  @Option(names = "--dropout", description = "Put dropout into the network.")
  private boolean dropout;

  @Option(names = "--batch-norm", description = "Put batch norm into the network.")
  private boolean batchNorm;

  @Mixin private CifarOptions data;

  @Mixin private RunOptions options;

  @Override
  public Integer call() throws IOException {
    List<Contender> contenders = methods.chosen(options).stream().map(this::contender).toList();
    check();
    PrintWriter text = spec.commandLine().getOut();
    Device on = options.device(text);
    Images images = options.images(data.images(text), text);
    Plan plan =
        new Plan(methods.epochs(), methods.steps(), methods.batch(), Settings.EVALUATION_BATCH);
    try (Results results = options.results("cifar10", "curves.csv", text)) {
      Comparison comparison =
          new Comparison(plan, images, options.runner(on, results, text), results, text);
      Map<Contender, Runs> found = comparison.run(contenders, methods.seeds());
      new Report(found, images.test().size()).write(results, text);
      text.println("written to " + results);
      return found.values().stream().allMatch(r -> r.ended().isEmpty()) ? 1 : 0;
    }
  }

  private Contender contender(Method method) {
    return new Contender(
        method,
        new Settings(
            methods.rate(method, Settings.of(method).rate()),
            methods.momentum(),
            methods.hyperRate(),
            methods.weightDecay(),
            lowerAfter,
            dropout,
            batchNorm));
  }

  private void check() {
    options.check();
    methods.check(options);
    options.require(lowerAfter >= 1, "--lower-after", "at least 1");
  }
}
