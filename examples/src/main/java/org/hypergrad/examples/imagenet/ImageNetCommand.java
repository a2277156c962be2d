package org.hypergrad.examples.imagenet;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.random.Generator;
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
import org.hypergrad.examples.predict.Architecture;
import org.hypergrad.examples.predict.ModelCard;
import org.hypergrad.nn.Loss;
import org.hypergrad.nn.model.ResNet;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.Sgd;
import org.hypergrad.nn.save.CheckpointException;
import org.hypergrad.nn.train.Evaluation;
import org.hypergrad.nn.train.Metric;
import org.hypergrad.nn.train.Trainer;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Compares FOP with other methods on ImageNet, as the paper does. */
@Command(
    name = "imagenet",
    description = {
      "Trains a residual network on ImageNet, or on a folder in its form, with the paper's settings"
          + " (rate .1, a tenth of it after 25 epochs, and again after 50), by one method or"
          + " several from the same first weights; prints a table, and writes it, curves (Figure"
          + " 2), what P became (Figure 5), CSV, and the weights, with torchvision's names.",
      ""
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    showDefaultValues = true)
public final class ImageNetCommand implements Callable<Integer> {
  /** Images that are tested at once: some gigabyte of what the layers give. */
  private static final int EVALUATION_BATCH = 50;

  private static final int TOP = 5;
  private static final List<Architecture> MODELS =
      List.of(Architecture.RESNET18, Architecture.RESNET34, Architecture.RESNET50);

  /** What {@code --evaluate} would leave aside, though it is more than a number. */
  private static final List<String> OF_TRAINING =
      List.of("--method", "--compare", "--weights", "--zero-init", "--resume");

  @Spec private CommandSpec spec;

  @Mixin private MethodOptions methods = new MethodOptions(Settings.EPOCHS, Settings.BATCH);

  @Option(
      names = "--micro-batch",
      paramLabel = "N",
      description =
          "Show the network so many images at once, a divisor of --batch, and add up the gradients"
              + " to those of a batch: for less memory. Batch norm sees each micro-batch alone. By"
              + " default the whole batch.")
  private Integer microBatch;

  @Option(names = "--model", paramLabel = "NAME", description = "resnet18, resnet34 or resnet50.")
  private String model = "resnet18";

  @Option(
      names = "--zero-init",
      description = "Start each block as its short cut: the last scale in it is 0.")
  private boolean zeroInit;

  @Option(
      names = "--weights",
      paramLabel = "FILE",
      description = "Start from these weights, a safetensors file with torchvision's names.",
      showDefaultValue = Visibility.NEVER)
  private Path weights;

  @Option(
      names = "--evaluate",
      paramLabel = "FILE",
      description =
          "Train nothing: print loss and accuracy of these weights, a safetensors file with"
              + " torchvision's names.",
      showDefaultValue = Visibility.NEVER)
  private Path evaluated;

  @Mixin private ImageNetOptions data;

  @Mixin private RunOptions options;

  @Override
  public Integer call() throws IOException {
    List<Method> chosen = methods.chosen(options);
    check();
    PrintWriter text = spec.commandLine().getOut();
    Device on = options.device(text);
    Images images = options.images(data.images(), text);
    if (evaluated != null) {
      text.println(on.call(() -> Scope.call(() -> evaluation(images))));
      data.tellOfBad(text);
      return 0;
    }
    List<Contender> contenders =
        chosen.stream().map(m -> contender(m, images.classes().size())).toList();
    int micro = microBatch == null ? methods.batch() : microBatch;
    Plan plan =
        new Plan(methods.epochs(), methods.steps(), methods.batch(), micro, EVALUATION_BATCH);
    try (Results results = options.results("imagenet", "curves.csv", text)) {
      Comparison comparison =
          new Comparison(plan, images, options.runner(on, results, text), results, text);
      Map<Contender, Runs> found = comparison.run(contenders, methods.seeds());
      new Report(found, images.test().size()).write(results, text);
      data.tellOfBad(text);
      text.println("written to " + results);
      return found.values().stream().allMatch(r -> r.ended().isEmpty()) ? 1 : 0;
    }
  }

  private void checkAlone() {
    CommandLine line = spec.commandLine();
    if (evaluated != null) {
      OF_TRAINING.stream()
          .filter(line.getParseResult()::hasMatchedOption)
          .findFirst()
          .ifPresent(
              other -> {
                throw new ParameterException(
                    line, "--evaluate trains nothing, and goes with no " + other);
              });
    }
  }

  private void checkClasses(Images images) {
    List<String> learned = ModelCard.classes(evaluated).orElse(images.classes());
    if (!learned.equals(images.classes())) {
      throw new CheckpointException(
          evaluated,
          "tells other classes apart than the images have",
          List.of(some(learned)),
          some(images.classes()),
          "--data names the images it was trained for",
          null);
    }
  }

  private static String some(List<String> classes) {
    return classes.size()
        + ": "
        + String.join(", ", classes.subList(0, Math.min(TOP, classes.size())));
  }

  private Settings.Network network(int classes, Path start) {
    Architecture architecture = options.chosen("--model", List.of(model), MODELS).getFirst();
    return new Settings.Network(architecture, data.size(), classes, zeroInit, start);
  }

  private Contender contender(Method method, int classes) {
    double paper = method.isAdam() ? Settings.ADAM_RATE : Settings.RATE;
    return new Contender(
        method,
        new Settings(
            network(classes, weights),
            methods.rate(method, paper),
            methods.momentum(),
            methods.hyperRate(),
            methods.weightDecay(),
            data.identity()));
  }

  private String evaluation(Images images) {
    checkClasses(images);
    int classes = images.classes().size();
    try (ResNet net = network(classes, evaluated).make(new Generator(0));
        Optimizer none = Optimizer.of(new Sgd(Settings.RATE), net.parameters())) {
      Trainer trainer =
          new Trainer(net, Loss.crossEntropy(), none)
              .metric(Metric.accuracy())
              .metric(Metric.top(TOP));
      Evaluation seen = trainer.evaluate(images.evaluation(EVALUATION_BATCH));
      String top =
          classes > TOP
              ? String.format(Locale.ROOT, ", top-5 %.2f %%", 100 * seen.get("top" + TOP))
              : "";
      return String.format(
          Locale.ROOT,
          "%s on %d images: loss %.4f, top-1 %.2f %%%s",
          evaluated,
          seen.examples(),
          seen.loss(),
          100 * seen.get("accuracy"),
          top);
    }
  }

  private void check() {
    checkAlone();
    options.check();
    methods.check(options);
    data.check(options);
    options.chosen("--model", List.of(model), MODELS);
    options.require(
        microBatch == null || (microBatch >= 1 && methods.batch() % microBatch == 0),
        "--micro-batch",
        "a divisor of --batch");
  }
}
