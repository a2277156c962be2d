package org.hypergrad.examples.experiment;

import java.io.PrintWriter;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.hypergrad.nn.train.Callback;
import org.hypergrad.nn.train.EpochResult;
import org.hypergrad.nn.train.StepResult;
import org.hypergrad.nn.train.Trainer;

/**
 * Shows how far training is, and how long all runs will still take: a bar on a terminal, a line per
 * epoch elsewhere.
 */
final class ConsoleProgress implements Callback, AutoCloseable {
  private final String name;
  private final long epochs;
  private final long steps;
  private final Pace pace;
  private final PrintWriter out;
  private final boolean terminal;
  private ProgressBar bar;

  /**
   * For one run.
   *
   * @param epochs after which it ends
   * @param steps likewise
   * @param pace of all runs
   */
  ConsoleProgress(String name, long epochs, long steps, Pace pace, PrintWriter out) {
    this.name = name;
    this.epochs = epochs;
    this.steps = steps;
    this.pace = pace;
    this.out = out;
    this.terminal = System.console() != null && System.console().isTerminal();
  }

  @Override
  public void stepped(Trainer trainer, StepResult step) {
    if (!terminal) {
      return;
    }
    if (bar == null) {
      bar =
          new ProgressBarBuilder()
              .setTaskName(name)
              .setInitialMax(steps)
              .setStyle(ProgressBarStyle.ASCII)
              .showSpeed()
              .setUnit(" steps", 1)
              .build();
    }
    bar.stepTo(step.step());
    bar.setExtraMessage(String.format(Locale.ROOT, " loss %.4f%s", step.loss(), left()));
  }

  @Override
  public void epochEnded(Trainer trainer, EpochResult epoch) {
    if (!terminal) {
      out.printf(
          Locale.ROOT,
          "%s: epoch %d of %d, step %d, train loss %.4f, %.1f s%s%s%n",
          name,
          epoch.epoch(),
          epochs,
          epoch.step(),
          epoch.trainLoss(),
          epoch.seconds(),
          epoch.validation() == null ? "" : ", test " + seen(epoch),
          left());
    }
  }

  private String left() {
    return pace.left().map(time -> ", " + time + " left").orElse("");
  }

  private static String seen(EpochResult epoch) {
    return String.format(
        Locale.ROOT,
        "loss %.4f, accuracy %.2f %%",
        epoch.validation().loss(),
        100 * epoch.validation().get("accuracy"));
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
    }
  }
}
