package org.hypergrad.examples.experiment;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
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
import org.hypergrad.nn.save.CheckpointFolder;
import org.hypergrad.nn.save.Progress;
import org.hypergrad.nn.train.Callback;
import org.hypergrad.nn.train.DivergenceException;
import org.hypergrad.nn.train.EpochResult;
import org.hypergrad.nn.train.StepResult;
import org.hypergrad.nn.train.Trainer;

/**
 * A run while it runs. It saves itself with all that was seen: now and then, after each epoch, and
 * when it stops, be it that it diverged or that the program is to end.
 */
final class Training implements Callback {
  private static final int RECENT = 250;
  private static final String CURVE = "curve";
  private static final String LOSSES = "losses";
  private static final String SAMPLES = "samples";

  /** Why it diverged: such a run does not go on. */
  private static final String STOPPED = "stopped";

  private final Run run;
  private final Map<String, String> identity;
  private final Optimizer optimizer;
  private final Trainer trainer;
  private final Checkpoint checkpoint;
  private final CheckpointFolder folder;
  private final Duration interval;
  private final Pace pace;
  private final Interrupt interrupt;
  private final PrintWriter out;
  private final List<EpochResult> curve = new ArrayList<>();
  private final Deque<Double> losses = new ArrayDeque<>();
  private final List<double[]> samples = new ArrayList<>();
  private Optional<String> stopped = Optional.empty();
  private long examples;
  private long saved = System.nanoTime();

  /**
   * One that has done nothing yet.
   *
   * @param folder where it is saved
   * @param interval after which it is saved within an epoch
   */
  Training(
      Run run,
      Module model,
      Optimizer optimizer,
      CheckpointFolder folder,
      Duration interval,
      Pace pace,
      Interrupt interrupt,
      PrintWriter out) {
    this.run = run;
    this.identity = run.identity();
    this.optimizer = optimizer;
    this.folder = folder;
    this.interval = interval;
    this.pace = pace;
    this.interrupt = interrupt;
    this.out = out;
    trainer =
        new Trainer(model, Loss.crossEntropy(), optimizer)
            .accumulate(run.plan().batch() / run.plan().microBatch())
            .maxSteps(run.plan().maxSteps());
    run.metrics().forEach(trainer::metric);
    checkpoint = new Checkpoint(model, optimizer);
    optimizer.schedule(run.schedule());
    optimizer.beforeStep(
        gradients -> samples.addAll(Scope.call(() -> run.probe().before(optimizer, gradients))));
  }

  /** Takes steps by a graph. */
  void graph() {
    trainer.graph();
  }

  /** Goes on where it was saved last, if it was. */
  void resume() {
    folder
        .newest(bad -> out.println(bad.getMessage() + "; goes on from the checkpoint before"))
        .ifPresent(this::resume);
  }

  private void resume(Path file) {
    Run.checkSame(identity, Checkpoint.progress(file).texts(), file);
    Progress progress = checkpoint.restore(file);
    Map<String, String> texts = progress.texts();
    trainer.resume(progress.numbers());
    curve.addAll(Curve.parse(texts.get(CURVE)));
    for (double[] row : Rows.parse(texts.get(LOSSES))) {
      Arrays.stream(row).forEach(losses::add);
    }
    samples.addAll(Rows.parse(texts.get(SAMPLES)));
    stopped = Optional.ofNullable(texts.get(STOPPED));
    pace.skip(Math.min(optimizer.steps(), run.steps()));
    String how = stopped.isEmpty() ? "goes on" : "diverged before, and does not go on,";
    out.printf("%s %s after step %d%n", run.name(), how, optimizer.steps());
  }

  /** Trains to the end, or until it diverges, if it did not before. */
  Outcome train() {
    if (stopped.isEmpty()) {
      try (ConsoleProgress progress = new ConsoleProgress(run, pace, out)) {
        trainer.callback(this);
        trainer.callback(progress);
        trainer.fit(
            run.images().training(run.plan().microBatch(), run.seed()),
            run.images().evaluation(run.plan().evaluationBatch()),
            run.plan().epochs());
        samples.addAll(Scope.call(() -> run.probe().atTheEnd(optimizer)));
      } catch (DivergenceException | FopException diverged) {
        stopped = Optional.of(diverged.getMessage());
        save();
      }
    }
    if (stopped.isPresent()) {
      pace.skip(Math.max(0, run.steps() - optimizer.steps()));
    }
    return new Outcome(
        run.seed(), run.rule().rate(), Extra.of(optimizer), curve, recent(), samples, stopped);
  }

  /** How fast steps were taken, if any were. */
  Optional<String> effort() {
    return examples == 0
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "%s: %.1f images/s, %.1f %% of the time waiting for images",
                run.name(),
                examples / trainer.spent(),
                100 * trainer.waited() / trainer.spent()));
  }

  @Override
  public void stepped(Trainer of, StepResult step) {
    pace.step();
    examples += step.examples();
    losses.add(step.loss());
    if (losses.size() > RECENT) {
      losses.remove();
    }
    endIfRequested();
    if (System.nanoTime() - saved >= interval.toNanos()) {
      save();
    }
  }

  @Override
  public void evaluated(Trainer of, long examples, long all) {
    endIfRequested();
  }

  @Override
  public void epochEnded(Trainer of, EpochResult epoch) {
    // An epoch that was ended early and has gone on has one row.
    curve.removeIf(e -> e.epoch() == epoch.epoch());
    curve.add(epoch);
    save();
  }

  private void endIfRequested() {
    if (interrupt.isRequested()) {
      Path file = save();
      throw interrupt.end(
          "%s stopped after step %d and is saved in %s"
              .formatted(run.name(), optimizer.steps(), file));
    }
  }

  private Path save() {
    Map<String, String> texts = new TreeMap<>(identity);
    texts.put(CURVE, Curve.format(curve));
    texts.put(LOSSES, Rows.format(List.of(recent())));
    texts.put(SAMPLES, Rows.format(samples));
    stopped.ifPresent(why -> texts.put(STOPPED, why));
    Path file = folder.save(checkpoint, new Progress(trainer.progress(), texts));
    saved = System.nanoTime();
    return file;
  }

  private double[] recent() {
    return losses.stream().mapToDouble(Double::doubleValue).toArray();
  }
}
