package org.hypergrad.examples.mnist;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.examples.ConsoleProgress;
import org.hypergrad.nn.Loss;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Sequential;
import org.hypergrad.nn.data.Loader;
import org.hypergrad.nn.layer.Activation;
import org.hypergrad.nn.layer.Flatten;
import org.hypergrad.nn.layer.Linear;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.State;
import org.hypergrad.nn.save.Checkpoint;
import org.hypergrad.nn.save.Progress;
import org.hypergrad.nn.train.Callback;
import org.hypergrad.nn.train.EpochResult;
import org.hypergrad.nn.train.Metric;
import org.hypergrad.nn.train.Trainer;

/**
 * One training of the paper's network, 784-100-100-100-10 with ReLU, that saves itself after each
 * epoch.
 *
 * @param name of the run and of its file
 * @param method what is run
 * @param rule its rule
 * @param seed of weights and order
 * @param settings of the comparison
 * @param images to train and to test on
 */
record Run(String name, Method method, Rule rule, long seed, Settings settings, Images images) {
  private static final int EVALUATION_BATCH = 1000;
  private static final int WARM_UP_STEPS = 150;
  private static final String CURVE = "curve";

  /** What is done with a network and its optimizer at the end. */
  @FunctionalInterface
  interface End {
    void accept(Sequential model, Optimizer optimizer) throws IOException;
  }

  /**
   * Trains, or goes on where a checkpoint was written.
   *
   * @param checkpoint the run's file
   * @param resume whether to go on from it if it is there
   * @param trained called at the end with the network and its optimizer
   */
  Outcome train(Device device, Path checkpoint, boolean resume, PrintWriter out, End trained)
      throws IOException {
    try {
      return device.call(
          () ->
              Scope.call(
                  () -> {
                    try (Sequential model = network(new Generator(seed));
                        Optimizer optimizer = Optimizer.of(rule, model.parameters())) {
                      Outcome outcome = train(model, optimizer, checkpoint, resume, out);
                      trained.accept(model, optimizer);
                      return outcome;
                    } catch (IOException files) {
                      throw new UncheckedIOException(files);
                    }
                  }));
    } catch (UncheckedIOException files) {
      throw files.getCause();
    }
  }

  private Outcome train(
      Sequential model, Optimizer optimizer, Path file, boolean resume, PrintWriter out) {
    Trainer trainer =
        new Trainer(model, Loss.crossEntropy(), optimizer)
            .metric(Metric.accuracy())
            .maxSteps(settings.maxSteps());
    Checkpoint checkpoint = new Checkpoint(model, optimizer);
    List<EpochResult> curve = new ArrayList<>();
    if (resume && Files.exists(file)) {
      checkSame(Checkpoint.progress(file).texts(), file);
      Progress saved = checkpoint.restore(file);
      trainer.resume(saved.numbers());
      curve.addAll(Curve.parse(saved.texts().get(CURVE)));
    }
    try (ConsoleProgress progress = new ConsoleProgress(name, settings.epochs(), out)) {
      trainer.callback(progress);
      trainer.callback(
          new Callback() {
            @Override
            public void epochEnded(Trainer of, EpochResult epoch) {
              // An epoch that was ended early and has gone on has one row.
              curve.removeIf(e -> e.epoch() == epoch.epoch());
              curve.add(epoch);
              checkpoint.save(file, new Progress(of.progress(), texts(curve)));
            }
          });
      trainer.fit(
          Loader.of(images.train(), settings.batch()).shuffle(seed).threads(1),
          Loader.of(images.test(), EVALUATION_BATCH),
          settings.epochs());
    }
    return new Outcome(method, seed, rule.rate(), extra(optimizer), curve);
  }

  private Map<String, String> texts(List<EpochResult> curve) {
    Map<String, String> texts = new TreeMap<>(settings.texts());
    texts.put("images", images.fingerprint());
    texts.put(CURVE, Curve.format(curve));
    return texts;
  }

  private void checkSame(Map<String, String> saved, Path file) {
    texts(List.of())
        .forEach(
            (key, value) -> {
              if (!key.equals(CURVE) && !value.equals(saved.get(key))) {
                throw new ArgumentException(
                    "resume",
                    file + " is of a run with other " + key,
                    saved.get(key),
                    value,
                    "give the same options, another --out, or no --resume");
              }
            });
  }

  /** Trains a little on what is thrown away, so that no run pays for the start of the JVM. */
  static void warmUp(Device device, Images images, Rule rule) {
    device.run(
        () ->
            Scope.run(
                () -> {
                  try (Sequential model = network(new Generator(0));
                      Optimizer optimizer = Optimizer.of(rule, model.parameters())) {
                    new Trainer(model, Loss.crossEntropy(), optimizer)
                        .maxSteps(WARM_UP_STEPS)
                        .fit(Loader.of(images.train(), 32), WARM_UP_STEPS);
                  }
                }));
  }

  static Sequential network(Generator random) {
    return Sequential.of(
        new Flatten(),
        new Linear(random, 784, 100),
        Activation.relu(),
        new Linear(random, 100, 100),
        Activation.relu(),
        new Linear(random, 100, 100),
        Activation.relu(),
        new Linear(random, 100, 10));
  }

  /** Numbers in all M. */
  private static long extra(Optimizer optimizer) {
    long sum = 0;
    for (Parameter p : optimizer.parameters()) {
      State state = optimizer.state(p.name());
      sum += state.has("M") ? state.get("M").count() : 0;
    }
    return sum;
  }
}
