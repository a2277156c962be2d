package org.hypergrad.examples.experiment;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.examples.Results;
import org.hypergrad.fop.Fop;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Sequential;
import org.hypergrad.nn.data.Cifar10;
import org.hypergrad.nn.layer.Activation;
import org.hypergrad.nn.layer.AdaptiveAvgPool2d;
import org.hypergrad.nn.layer.BatchNorm2d;
import org.hypergrad.nn.layer.Conv2d;
import org.hypergrad.nn.layer.Dropout;
import org.hypergrad.nn.layer.Flatten;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.Schedule;
import org.hypergrad.nn.optim.Sgd;
import org.hypergrad.nn.save.Weights;

/**
 * A short training in a JVM of its own, with all that has a state: batch norm, dropout, momentum,
 * M, a schedule, augmentation, and a probe. It says each step before it is taken.
 */
final class ChildRun {
  static final String STEP = "step ";
  static final String WEIGHTS = "weights.safetensors";
  static final String CURVE = "curve.txt";

  private static final int TRAIN = 60;
  private static final int TEST = 20;
  private static final int BATCH = 8;

  private ChildRun() {}

  /** What is trained. */
  private static Module network(Generator random) {
    return Sequential.of(
        Conv2d.builder(3, 4, 3).stride(4).padding(1).build(random),
        new BatchNorm2d(4),
        Activation.relu(),
        new Dropout(random, 0.3),
        Conv2d.builder(4, 10, 3).stride(2).padding(1).build(random),
        new AdaptiveAvgPool2d(1, 1),
        new Flatten());
  }

  private static List<double[]> say(Optimizer optimizer, Gradients gradients) {
    System.out.println(STEP + (optimizer.steps() + 1));
    return List.of(new double[] {optimizer.steps() + 1});
  }

  private static Run run(long epochs) {
    Cifar10 data = Cifar10.synthetic(TRAIN, TEST, 1);
    Images images =
        Images.of("textures", data.names(), data.train(), data.test())
            .prepared(Cifar10.normalise().crop(4).flip(), Cifar10.normalise());
    return Run.of(
            "tiny",
            ChildRun::network,
            Fop.over(new Sgd(0.02).momentum(0.9)),
            3,
            new Plan(epochs, Long.MAX_VALUE, BATCH, BATCH),
            images)
        .schedule(Schedule.steps(0.5, 20))
        .options(Map.of("--lr", "0.02"))
        .probe(ChildRun::say);
  }

  /** How many steps it takes. */
  static long steps(long epochs) {
    return epochs * Math.ceilDiv(TRAIN, BATCH);
  }

  /** The command that begins it in a folder, or goes on with it. */
  static List<String> command(String device, Path folder, long epochs) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "--add-modules=jdk.incubator.vector",
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-XX:-UsePerfData",
                "-Xmx512m"));
    String simulator = System.getProperty("hypergrad.simulator");
    if (simulator != null) {
      command.add("-Dhypergrad.simulator=" + simulator);
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), ChildRun.class.getName()));
    command.addAll(List.of(device, folder.toString(), String.valueOf(epochs)));
    return command;
  }

  public static void main(String[] args) throws IOException {
    Device device = Device.named(args[0]);
    PrintWriter out = new PrintWriter(System.out, true);
    try (Results results = Results.in(Path.of(args[1]))) {
      Outcome outcome =
          new Runner(device, results, out)
              .resuming(true)
              .savingEvery(Duration.ofMillis(5))
              .train(
                  run(Long.parseLong(args[2])),
                  (model, _) -> Weights.save(model, results.file(WEIGHTS)));
      StringBuilder curve = new StringBuilder();
      outcome
          .curve()
          .forEach(
              e ->
                  curve
                      .append(e.epoch())
                      .append(' ')
                      .append(e.step())
                      .append(' ')
                      .append(e.trainLoss())
                      .append(' ')
                      .append(e.validation())
                      .append('\n'));
      curve.append(Rows.format(outcome.samples())).append('\n');
      curve.append(Rows.format(List.of(outcome.losses()))).append('\n');
      results.text(CURVE, curve.toString());
    }
  }
}
