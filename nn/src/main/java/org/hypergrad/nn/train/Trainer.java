package org.hypergrad.nn.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.nn.Loss;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.data.Batch;
import org.hypergrad.nn.data.Batches;
import org.hypergrad.nn.data.Loader;
import org.hypergrad.nn.optim.Accumulator;
import org.hypergrad.nn.optim.GradientNorm;
import org.hypergrad.nn.optim.Optimizer;

/**
 * The training loop: batches through the model, gradients back, a step of the optimizer, and a look
 * at other data after each epoch.
 *
 * <pre>{@code
 * Trainer trainer = new Trainer(model, Loss.crossEntropy(), optimizer).metric(Metric.accuracy());
 * for (EpochResult epoch : trainer.fit(training, validation, 10)) { ... }
 * }</pre>
 *
 * <p>It works on the device of the model's parameters. It stops before a step whose loss is not
 * finite. Model and optimizer stay their owner's.
 */
public final class Trainer {
  private final Module model;
  private final Loss loss;
  private final Optimizer optimizer;
  private final Device device;
  private final List<Metric> metrics = new ArrayList<>();
  private final List<Callback> callbacks = new ArrayList<>();
  private double clip = Double.POSITIVE_INFINITY;
  private int accumulated = 1;
  private long maxSteps = Long.MAX_VALUE;
  private volatile boolean stopped;

  // Where training is: what a continued run needs beside model and optimizer.
  private long epoch;
  private int batch;
  private double lossSum;
  private long lossExamples;

  /** Examples of the batch before. */
  private long lastExamples;

  /** A loop that has done nothing yet. */
  public Trainer(Module model, Loss loss, Optimizer optimizer) {
    if (optimizer.parameters().isEmpty()) {
      throw new ArgumentException("trainer", "nothing to train", "no parameters", "some", "");
    }
    this.model = model;
    this.loss = loss;
    this.optimizer = optimizer;
    this.device = optimizer.parameters().getFirst().value().device();
  }

  /** Measures this on validation data too. */
  public Trainer metric(Metric metric) {
    metrics.add(metric);
    return this;
  }

  /** Calls this after steps and epochs, in the order in which callbacks were added. */
  public Trainer callback(Callback callback) {
    callbacks.add(callback);
    return this;
  }

  /** Limits the norm of all gradients together, as {@link GradientNorm#clip}. */
  public Trainer clip(double norm) {
    clip = norm;
    return this;
  }

  /** Takes a step after this many batches, by the mean gradient over their examples. */
  public Trainer accumulate(int batches) {
    if (batches < 1) {
      throw new ArgumentException(
          "trainer", "cannot accumulate", batches + " batches", "at least 1", "");
    }
    accumulated = batches;
    return this;
  }

  /** Ends training, within an epoch too, once this many steps were taken in all. */
  public Trainer maxSteps(long steps) {
    maxSteps = steps;
    return this;
  }

  /** Ends training after the step that runs now; may be called by any thread. */
  public void stop() {
    stopped = true;
  }

  public Module model() {
    return model;
  }

  public Optimizer optimizer() {
    return optimizer;
  }

  /** Epochs that are complete. */
  public long epoch() {
    return epoch;
  }

  /** Trains until {@code epochs} epochs are complete, without validation. */
  public List<EpochResult> fit(Loader training, long epochs) {
    return fit(training, null, epochs);
  }

  /**
   * Trains until {@code epochs} epochs are complete, counted from the start of training and not of
   * this call, and goes on in the middle of one if it was left there.
   *
   * @param validation data to look at after each epoch, or null
   * @return results of the epochs that this call completed, or ended early
   * @throws DivergenceException if a loss is not finite; parameters are as after the last step
   */
  public List<EpochResult> fit(Loader training, Loader validation, long epochs) {
    stopped = false;
    return device.call(
        () -> {
          List<EpochResult> results = new ArrayList<>();
          while (epoch < epochs && !ended()) {
            results.add(epoch(training, validation));
          }
          return results;
        });
  }

  private boolean ended() {
    return stopped || optimizer.steps() >= maxSteps;
  }

  private EpochResult epoch(Loader training, Loader validation) {
    model.train();
    long start = System.nanoTime();
    try (Batches batches = training.epoch(epoch, batch);
        Accumulator sum = new Accumulator()) {
      while (batches.hasNext() && !ended()) {
        step(batches, sum, training.batches());
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    long number = epoch + 1;
    double trainLoss = lossSum / lossExamples;
    if (batch == training.batches()) {
      epoch++;
      batch = 0;
      lossSum = 0;
      lossExamples = 0;
    }
    Evaluation seen = validation == null ? null : evaluate(validation);
    EpochResult result = new EpochResult(number, optimizer.steps(), trainLoss, seen, seconds);
    callbacks.forEach(c -> c.epochEnded(this, result));
    return result;
  }

  /** One step of the optimizer, by as many batches as are accumulated or left in the epoch. */
  private void step(Batches batches, Accumulator sum, int batchesPerEpoch) {
    double sumBefore = lossSum;
    long examplesBefore = lossExamples;
    Scope.run(
        () -> {
          Gradients gradients = gradients(batches.next());
          if (accumulated > 1) {
            gradients = accumulate(gradients, batches, sum);
          }
          optimizer.step(limited(gradients));
        });
    double mean = (lossSum - sumBefore) / (lossExamples - examplesBefore);
    StepResult result = new StepResult(epoch + 1, batch, batchesPerEpoch, optimizer.steps(), mean);
    callbacks.forEach(c -> c.stepped(this, result));
  }

  private Gradients accumulate(Gradients first, Batches batches, Accumulator sum) {
    sum.add(first, lastExamples);
    for (int i = 1; i < accumulated && batches.hasNext(); i++) {
      Scope.run(() -> sum.add(gradients(batches.next()), lastExamples));
    }
    return sum.take();
  }

  private Gradients limited(Gradients gradients) {
    return clip == Double.POSITIVE_INFINITY
        ? gradients
        : GradientNorm.clip(gradients, optimizer.parameters(), clip);
  }

  private Gradients gradients(Batch data) {
    double[] value = new double[1];
    Gradients gradients =
        Tape.record(
            tape -> {
              Tensor mean = loss.apply(model.apply(data.input()), data.target());
              value[0] = mean.item();
              return Double.isFinite(value[0]) ? tape.backward(mean) : null;
            });
    if (gradients == null) {
      throw diverged(data, value[0]);
    }
    lastExamples = data.size();
    lossSum += value[0] * lastExamples;
    lossExamples += lastExamples;
    batch++;
    return gradients;
  }

  private DivergenceException diverged(Batch data, double value) {
    return new DivergenceException(
        optimizer.steps() + 1,
        FirstNonFinite.find(model, data),
        "loss " + value + " in epoch " + (epoch + 1) + ", batch " + (batch + 1),
        optimizer.remedy());
  }

  /** Loss and metrics over all of {@code data}, in evaluation mode. */
  public Evaluation evaluate(Loader data) {
    boolean training = model.isTraining();
    model.eval();
    try {
      return device.call(() -> measure(data));
    } finally {
      if (training) {
        model.train();
      }
    }
  }

  private Evaluation measure(Loader data) {
    double[] sums = new double[metrics.size() + 1];
    long[] examples = new long[1];
    try (Batches batches = data.epoch(0)) {
      while (batches.hasNext()) {
        Scope.run(
            () -> {
              Batch seen = batches.next();
              Tensor output = model.apply(seen.input());
              sums[0] += loss.apply(output, seen.target()).item() * seen.size();
              for (int i = 0; i < metrics.size(); i++) {
                double value = metrics.get(i).of().applyAsDouble(output, seen.target());
                sums[i + 1] += value * seen.size();
              }
              examples[0] += seen.size();
            });
      }
    }
    Map<String, Double> means = new LinkedHashMap<>();
    for (int i = 0; i < metrics.size(); i++) {
      means.put(metrics.get(i).name(), sums[i + 1] / examples[0]);
    }
    return new Evaluation(examples[0], sums[0] / examples[0], means);
  }

  /** Where training is, for a file: what is not in the model or the optimizer. */
  public Map<String, Long> progress() {
    return Map.of(
        "epoch",
        epoch,
        "batch",
        (long) batch,
        "lossSum",
        Double.doubleToRawLongBits(lossSum),
        "lossExamples",
        lossExamples);
  }

  /** Goes on where {@link #progress} was taken. */
  public void resume(Map<String, Long> progress) {
    for (String name : progress().keySet()) {
      if (!progress.containsKey(name)) {
        throw new ArgumentException(
            "trainer", "progress is incomplete", progress.toString(), name, "");
      }
    }
    epoch = progress.get("epoch");
    batch = Math.toIntExact(progress.get("batch"));
    lossSum = Double.longBitsToDouble(progress.get("lossSum"));
    lossExamples = progress.get("lossExamples");
  }
}
