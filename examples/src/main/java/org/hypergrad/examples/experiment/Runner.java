package org.hypergrad.examples.experiment;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.examples.Results;
import org.hypergrad.nn.Loss;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.train.Trainer;

/** Runs one after another, each with its checkpoint in the folder {@code runs} of the results. */
public final class Runner {
  private static final int WARM_UP_BATCH = 32;

  private final Device device;
  private final Path folder;
  private final PrintWriter out;
  private Pace pace = new Pace();
  private boolean resuming;
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
   * Trains, or goes on where a checkpoint was written.
   *
   * @param end called with the network and its optimizer, unless the run diverged
   */
  public Outcome train(Run run, End end) throws IOException {
    try {
      return device.call(() -> Scope.call(() -> inScope(run, end)));
    } catch (UncheckedIOException files) {
      throw files.getCause();
    }
  }

  private Outcome inScope(Run run, End end) {
    try (Module model = run.network().apply(new Generator(run.seed()));
        Optimizer optimizer = Optimizer.of(run.rule(), model.parameters())) {
      Path checkpoint = folder.resolve(run.name() + ".safetensors");
      Training training = new Training(run, model, optimizer, checkpoint, pace);
      if (resuming) {
        training.resume();
      }
      Outcome outcome = training.train(out);
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

  /**
   * Trains a little on what is thrown away, so that no run pays for the start of the JVM.
   *
   * @param most so many steps, but no more than the run has
   */
  public void warmUp(Run run, int most) {
    long steps = Math.min(most, run.steps());
    device.run(
        () ->
            Scope.run(
                () -> {
                  try (Module model = run.network().apply(new Generator(0));
                      Optimizer optimizer = Optimizer.of(run.rule(), model.parameters())) {
                    new Trainer(model, Loss.crossEntropy(), optimizer)
                        .maxSteps(steps)
                        .fit(run.images().training(WARM_UP_BATCH, 0), steps);
                  }
                }));
  }
}
