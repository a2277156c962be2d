package org.hypergrad.examples.experiment;

import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.hypergrad.engine.Scope;
import org.hypergrad.fop.Extra;
import org.hypergrad.fop.FopException;
import org.hypergrad.nn.Loss;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.save.Checkpoint;
import org.hypergrad.nn.save.Progress;
import org.hypergrad.nn.train.Callback;
import org.hypergrad.nn.train.DivergenceException;
import org.hypergrad.nn.train.EpochResult;
import org.hypergrad.nn.train.Metric;
import org.hypergrad.nn.train.StepResult;
import org.hypergrad.nn.train.Trainer;

/** A run while it runs; after each epoch it saves itself with all that was seen. */
final class Training implements Callback {
  private static final int RECENT = 250;
  private static final String CURVE = "curve";
  private static final String LOSSES = "losses";
  private static final String SAMPLES = "samples";

  private final Run run;
  private final Map<String, String> identity;
  private final Optimizer optimizer;
  private final Trainer trainer;
  private final Checkpoint checkpoint;
  private final Path file;
  private final Pace pace;
  private final List<EpochResult> curve = new ArrayList<>();
  private final Deque<Double> losses = new ArrayDeque<>();
  private final List<double[]> samples = new ArrayList<>();

  /** One that has done nothing yet, and is saved in {@code file}. */
  Training(Run run, Module model, Optimizer optimizer, Path file, Pace pace) {
    this.run = run;
    this.identity = run.identity();
    this.optimizer = optimizer;
    this.file = file;
    this.pace = pace;
    trainer =
        new Trainer(model, Loss.crossEntropy(), optimizer)
            .metric(Metric.accuracy())
            .maxSteps(run.plan().maxSteps());
    checkpoint = new Checkpoint(model, optimizer);
    optimizer.schedule(run.schedule());
    optimizer.beforeStep(
        gradients -> samples.addAll(Scope.call(() -> run.probe().before(optimizer, gradients))));
  }

  /** Goes on where the file was written, if it is there. */
  void resume() {
    if (!Files.exists(file)) {
      return;
    }
    Run.checkSame(identity, Checkpoint.progress(file).texts(), file);
    Progress saved = checkpoint.restore(file);
    trainer.resume(saved.numbers());
    curve.addAll(Curve.parse(saved.texts().get(CURVE)));
    for (double[] row : Rows.parse(saved.texts().get(LOSSES))) {
      Arrays.stream(row).forEach(losses::add);
    }
    samples.addAll(Rows.parse(saved.texts().get(SAMPLES)));
    pace.skip(Math.min(optimizer.steps(), run.steps()));
  }

  /** Trains to the end, or until it diverges. */
  Outcome train(PrintWriter out) {
    Optional<String> stopped = Optional.empty();
    try (ConsoleProgress progress =
        new ConsoleProgress(run.name(), run.plan().epochs(), run.steps(), pace, out)) {
      trainer.callback(this);
      trainer.callback(progress);
      trainer.fit(
          run.images().training(run.plan().batch(), run.seed()),
          run.images().evaluation(run.plan().evaluationBatch()),
          run.plan().epochs());
      samples.addAll(Scope.call(() -> run.probe().atTheEnd(optimizer)));
    } catch (DivergenceException | FopException diverged) {
      stopped = Optional.of(diverged.getMessage());
      pace.skip(Math.max(0, run.steps() - optimizer.steps()));
    }
    return new Outcome(
        run.seed(), run.rule().rate(), Extra.of(optimizer), curve, recent(), samples, stopped);
  }

  @Override
  public void stepped(Trainer of, StepResult step) {
    pace.step();
    losses.add(step.loss());
    if (losses.size() > RECENT) {
      losses.remove();
    }
  }

  @Override
  public void epochEnded(Trainer of, EpochResult epoch) {
    // An epoch that was ended early and has gone on has one row.
    curve.removeIf(e -> e.epoch() == epoch.epoch());
    curve.add(epoch);
    Map<String, String> texts = new TreeMap<>(identity);
    texts.put(CURVE, Curve.format(curve));
    texts.put(LOSSES, Rows.format(List.of(recent())));
    texts.put(SAMPLES, Rows.format(samples));
    checkpoint.save(file, new Progress(of.progress(), texts));
  }

  private double[] recent() {
    return losses.stream().mapToDouble(Double::doubleValue).toArray();
  }
}
