package org.hypergrad.examples.experiment;

import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.hypergrad.nn.train.Callback;
import org.hypergrad.nn.train.EpochResult;
import org.hypergrad.nn.train.StepResult;
import org.hypergrad.nn.train.Trainer;

/**
 * Shows how far training is, how fast, and how long all runs will still take: a bar on a terminal;
 * elsewhere a line now and then, and one per epoch.
 */
final class ConsoleProgress implements Callback, AutoCloseable {
  private static final Duration BAR = Duration.ofSeconds(1);
  private static final Duration LINES = Duration.ofSeconds(30);

  private final Run run;
  private final Pace pace;
  private final PrintWriter out;
  private final boolean terminal;
  private final LongSupplier nanos;
  private ProgressBar bar;

  /** When something was shown last, and images since then. */
  private long shown;

  private long images;

  /** On this process's terminal, if it has one. */
  ConsoleProgress(Run run, Pace pace, PrintWriter out) {
    this(
        run,
        pace,
        out,
        System.console() != null && System.console().isTerminal(),
        System::nanoTime);
  }

  /**
   * For one run.
   *
   * @param pace of all runs
   * @param nanos a clock
   */
  ConsoleProgress(Run run, Pace pace, PrintWriter out, boolean terminal, LongSupplier nanos) {
    this.run = run;
    this.pace = pace;
    this.out = out;
    this.terminal = terminal;
    this.nanos = nanos;
    this.shown = nanos.getAsLong();
  }

  @Override
  public void stepped(Trainer trainer, StepResult step) {
    images += step.examples();
    if (terminal) {
      bar(step.step()).stepTo(step.step());
    }
    long now = nanos.getAsLong();
    if (now - shown < (terminal ? BAR : LINES).toNanos()) {
      return;
    }
    String state =
        String.format(
            Locale.ROOT,
            "%s images/s, loss %.4f%s",
            rate(images * 1e9 / (now - shown)),
            step.loss(),
            left());
    if (terminal) {
      bar.setExtraMessage(" " + state);
    } else {
      out.printf(
          "%s: epoch %d of %d, step %d of %d, %s%n",
          run.name(), step.epoch(), run.plan().epochs(), step.step(), run.steps(), state);
    }
    shown = now;
    images = 0;
  }

  /** The bar; it begins before the first step that is seen. */
  private ProgressBar bar(long step) {
    if (bar == null) {
      bar =
          new ProgressBarBuilder()
              .setTaskName(run.name())
              .setInitialMax(run.steps())
              .startsFrom(step - 1, Duration.ZERO)
              .setStyle(ProgressBarStyle.ASCII)
              .build();
    }
    return bar;
  }

  @Override
  public void evaluated(Trainer trainer, long examples, long all) {
    if (bar != null) {
      bar.setExtraMessage(" testing, %d of %d images".formatted(examples, all));
    }
  }

  @Override
  public void epochEnded(Trainer trainer, EpochResult epoch) {
    // What the evaluation took is no part of the speed of training.
    shown = nanos.getAsLong();
    images = 0;
    if (!terminal) {
      out.printf(
          Locale.ROOT,
          "%s: epoch %d of %d, step %d, train loss %.4f, %.1f s%s%s%n",
          run.name(),
          epoch.epoch(),
          run.plan().epochs(),
          epoch.step(),
          epoch.trainLoss(),
          epoch.seconds(),
          epoch.validation() == null ? "" : ", test " + seen(epoch),
          left());
    }
  }

  /** With a decimal where training is slow. */
  private static String rate(double rate) {
    return String.format(Locale.ROOT, rate < 10 ? "%.1f" : "%.0f", rate);
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
