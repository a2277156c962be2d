package org.hypergrad.examples.experiment;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Profile;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.examples.Results;
import org.hypergrad.nn.Loss;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.save.CheckpointFolder;
import org.hypergrad.nn.train.Callback;
import org.hypergrad.nn.train.StepResult;
import org.hypergrad.nn.train.Trainer;

/**
 * Runs one after another, each with its checkpoints in a folder of its name, within the folder
 * {@code runs} of the results. Ctrl-C ends a run after its step, saved, with an {@link
 * InterruptedRunException}.
 *
 * <p>The methods that set options change this runner and return it.
 */
public final class Runner {
  private static final int KEPT = 3;
  private static final int WARM_UP_BATCH = 32;
  private static final double GIB = 1L << 30;

  private final Device device;
  private final Path folder;
  private final PrintWriter out;
  private Pace pace = new Pace();
  private boolean resuming;
  private boolean profiling;
  private boolean graphing;
  private Duration interval = Duration.ofMinutes(5);

  /** What is done with a network and its optimizer at the end. */
  @FunctionalInterface
  public interface End {
    /** Does nothing. */
    End NOTHING = (_, _) -> {};

    void accept(Module model, Optimizer optimizer) throws IOException;
  }

  /**
   * Makes the folder of checkpoints. Runs begin anew and are saved every five minutes.
   *
   * @param out where it is said how far they are
   */
  public Runner(Device device, Results results, PrintWriter out) throws IOException {
    this.device = device;
    this.folder = Files.createDirectories(results.file("runs"));
    this.out = out;
  }

  /** Whether runs go on from checkpoints that are there. */
  public Runner resuming(boolean resuming) {
    this.resuming = resuming;
    return this;
  }

  /** Saves that often within an epoch. */
  public Runner savingEvery(Duration interval) {
    this.interval = interval;
    return this;
  }

  /** Whether it is printed where the time of a run went. */
  public Runner profiling(boolean profiling) {
    this.profiling = profiling;
    return this;
  }

  /** Whether steps are captured and run as a whole; needs a GPU. */
  public Runner graphing(boolean graphing) {
    this.graphing = graphing;
    return this;
  }

  /** Tells the time left of more runs than those of this. */
  public Runner pace(Pace pace) {
    this.pace = pace;
    return this;
  }

  /** Says that so many steps are to come, so that the time left can be told. */
  public void expect(long steps) {
    pace.expect(steps);
  }

  /**
   * Trains, or goes on where a checkpoint was written. One that began before and shall not go on
   * leaves its newest checkpoint behind, under another name.
   *
   * @param end called with the network and its optimizer, unless the run diverged
   * @throws InterruptedRunException if the program is to end; the run is saved
   */
  public Outcome train(Run run, End end) throws IOException {
    try (Interrupt interrupt = Interrupt.listen(out)) {
      return device.call(() -> Scope.call(() -> inScope(run, end, interrupt)));
    } catch (UncheckedIOException files) {
      throw files.getCause();
    }
  }

  private Outcome inScope(Run run, End end, Interrupt interrupt) {
    CheckpointFolder checkpoints = new CheckpointFolder(folder.resolve(run.name()), KEPT);
    device.resetPeakMemory();
    try (Module model = run.network().apply(new Generator(run.seed()));
        Optimizer optimizer = Optimizer.of(run.rule(), model.parameters())) {
      Training training =
          new Training(run, model, optimizer, checkpoints, interval, pace, interrupt, out);
      if (graphing) {
        training.graph();
      }
      if (resuming) {
        training.resume();
      } else {
        checkpoints.setAside().ifPresent(before -> tellOf(run, before));
      }
      Profile profile = new Profile();
      Outcome outcome = profiling ? profile.call(training::train) : training.train();
      training.effort().ifPresent(this::tell);
      if (profiling) {
        out.println(ProfileTable.of(profile));
      }
      if (outcome.stopped().isEmpty()) {
        end.accept(model, optimizer);
      } else {
        out.println(run.name() + " stopped");
      }
      return outcome;
    } catch (IOException files) {
      throw new UncheckedIOException(files);
    }
  }

  private void tell(String effort) {
    out.printf(
        Locale.ROOT,
        "%s, at most %.2f GiB in use on %s%n",
        effort,
        device.memory().peakLive() / GIB,
        device);
  }

  private void tellOf(Run run, Path before) {
    out.printf("%s begins anew; what was there is kept in %s%n", run.name(), before);
  }

  /**
   * Trains a little on what is thrown away, so that no run pays for the start of the JVM.
   *
   * @param most so many steps, but no more than the run has
   */
  public void warmUp(Run run, int most) {
    long steps = Math.min(most, run.steps());
    try (Interrupt interrupt = Interrupt.listen(out)) {
      device.run(() -> Scope.run(() -> warmUp(run, steps, interrupt)));
    }
  }

  private static void warmUp(Run run, long steps, Interrupt interrupt) {
    try (Module model = run.network().apply(new Generator(0));
        Optimizer optimizer = Optimizer.of(run.rule(), model.parameters())) {
      new Trainer(model, Loss.crossEntropy(), optimizer)
          .maxSteps(steps)
          .callback(
              new Callback() {
                @Override
                public void stepped(Trainer trainer, StepResult step) {
                  if (interrupt.isRequested()) {
                    throw interrupt.end("stopped before the first run");
                  }
                }
              })
          .fit(run.images().training(Math.min(WARM_UP_BATCH, run.plan().microBatch()), 0), steps);
    }
  }
}
