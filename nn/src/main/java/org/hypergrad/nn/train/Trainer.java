package org.hypergrad.nn.train;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Graph;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.error.DeviceException;
import org.hypergrad.nn.Loss;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Parameter;
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
 * finite. A model in evaluation mode is set to train; one in training mode is left alone, so that
 * modules within may stay frozen in evaluation mode. Model and optimizer stay their owner's.
 *
 * <p>The methods that set options change this trainer and return it.
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
  private boolean graphed;
  private volatile boolean stopped;

  /** What passes go through while {@link #fit} runs; null if each is queued op by op. */
  private PassGraph graph;

  // Where training is: what a continued run needs beside model and optimizer.
  private long epoch;
  private int batch;
  private int batchesPerEpoch;
  private double lossSum;
  private long lossExamples;
  private double seconds;

  /** Seconds in steps, and of these waiting for batches. */
  private double spent;

  private double waited;

  /** The step at which a result was last given. */
  private long reported;

  /** The batches of one step, until it is taken. */
  private static final class Window {
    private double lossSum;
    private long examples;
    private int batches;
  }

  /** A loop that has done nothing yet. */
  public Trainer(Module model, Loss loss, Optimizer optimizer) {
    if (optimizer.parameters().isEmpty()) {
      throw new ArgumentException("trainer", "nothing to train", "no parameters", "some", "");
    }
    Set<Tensor> own = Collections.newSetFromMap(new IdentityHashMap<>());
    model.parameters().forEach(p -> own.add(p.value()));
    for (Parameter p : optimizer.parameters()) {
      if (!own.contains(p.value())) {
        throw new ArgumentException(
            "trainer",
            "the optimizer has a parameter of another model",
            p.name(),
            "parameters of the model",
            "make it of model.parameters()");
      }
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

  /**
   * Limits the norm of all gradients together, as {@link GradientNorm#clip}: {@link #fit} then
   * stops at a gradient that is not finite, also for rules that would pass over it.
   */
  public Trainer clip(double norm) {
    if (!(norm > 0)) {
      throw new ArgumentException("trainer", "no limit", "norm " + norm, "a limit > 0", "");
    }
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

  /**
   * Captures what a GPU does forward and backward, and runs it as a whole from then on: a {@link
   * Graph}, by which small networks, which wait for the host, train faster, to the same bits. The
   * step of the optimizer stays outside, as it may decide by values; of most rules it is a few
   * launches for all parameters. Batches of another size than the first, such as the last of an
   * epoch, pass without the graph, and so does the first after {@link Module#eval} or {@link
   * Module#train} of some module.
   *
   * <p>Modules and the loss must compute with tensors of the device alone, without reading one, and
   * what they compute on the host, such as a factor that depends on the step, is as when it was
   * captured. So far this has run on the simulated GPU alone.
   *
   * @throws DeviceException if the parameters lie on no GPU; {@link #fit} throws one where
   *     something cannot be captured
   */
  public Trainer graph() {
    if (!device.hasGraphs()) {
      throw new DeviceException(
          "trainer", "no graphs here", device.toString(), "a GPU: cuda, or simulated", "");
    }
    graphed = true;
    return this;
  }

  /** Ends training, within an epoch too, once this many steps were taken in all. */
  public Trainer maxSteps(long steps) {
    if (steps < 0) {
      throw new ArgumentException("trainer", "no limit", steps + " steps", "at least 0", "");
    }
    maxSteps = steps;
    return this;
  }

  /**
   * Ends training after the step that runs now; may be called by any thread. {@link #fit} starts
   * anew whatever was called before it.
   */
  public void stop() {
    stopped = true;
  }

  public Module model() {
    return model;
  }

  public Optimizer optimizer() {
    return optimizer;
  }

  /** Seconds that this trainer spent in steps, waiting for batches included. */
  public double spent() {
    return spent;
  }

  /** Seconds of these in which it waited for batches, and for their copy to the device to begin. */
  public double waited() {
    return waited;
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
   * this call, and goes on in the middle of one if it was left there, or with its validation if
   * that is all that was left.
   *
   * @param validation data to look at after each epoch, or null
   * @return results of the epochs that this call completed, or ended early
   * @throws DivergenceException if a loss is not finite, or after an epoch a parameter or the
   *     validation loss: parameters are as after the last step, running statistics have seen the
   *     batch, and no callback has seen the epoch
   */
  public List<EpochResult> fit(Loader training, Loader validation, long epochs) {
    stopped = false;
    if (!model.isTraining()) {
      model.train();
    }
    return device.call(
        () -> {
          List<EpochResult> results = new ArrayList<>();
          try (PassGraph passes = graphed ? new PassGraph(model, loss) : null) {
            graph = passes;
            while (epoch < epochs && (!ended() || owesResult())) {
              results.add(epoch(training, validation));
            }
            return results;
          } finally {
            graph = null;
          }
        });
  }

  private boolean ended() {
    return stopped || optimizer.steps() >= maxSteps;
  }

  /**
   * Whether the last steps were taken, and then training was left before their result was given.
   */
  private boolean owesResult() {
    return batch > 0 && optimizer.steps() > reported;
  }

  private EpochResult epoch(Loader training, Loader validation) {
    checkSameEpoch(training);
    try (Batches batches = training.epoch(epoch, batch);
        Accumulator sum = new Accumulator()) {
      while (batches.hasNext() && !ended()) {
        step(batches, sum, training.batches());
      }
    }
    FirstNonFinite.parameter(model)
        .ifPresent(
            name -> {
              throw diverged(
                  "after", optimizer.steps(), name, "mean loss " + lossSum / lossExamples);
            });
    Evaluation seen = validation == null ? null : evaluate(validation);
    if (seen != null && !Double.isFinite(seen.loss())) {
      throw diverged("after", optimizer.steps(), "the validation loss", "loss " + seen.loss());
    }
    EpochResult result =
        new EpochResult(
            epoch + 1,
            batch == training.batches(),
            optimizer.steps(),
            lossSum / lossExamples,
            seen,
            seconds);
    reported = optimizer.steps();
    if (result.complete()) {
      epoch++;
      batch = 0;
      lossSum = 0;
      lossExamples = 0;
      seconds = 0;
    }
    callbacks.forEach(c -> c.epochEnded(this, result));
    return result;
  }

  /** Within an epoch, the place is a number of batches, which must go on being of one size. */
  private void checkSameEpoch(Loader training) {
    if (batch == 0) {
      batchesPerEpoch = training.batches();
    } else if (batchesPerEpoch != training.batches()) {
      throw new ArgumentException(
          "trainer",
          "cannot go on within an epoch of other batches",
          training.batches() + " batches per epoch",
          "the " + batchesPerEpoch + " with which it began",
          "use the same data and batch size, or go on from the end of an epoch");
    }
  }

  /** One step of the optimizer, by as many batches as are accumulated or left in the epoch. */
  private void step(Batches batches, Accumulator sum, int batchesInEpoch) {
    long start = System.nanoTime();
    Window window = new Window();
    Scope.run(
        () -> {
          Gradients gradients = gradients(next(batches), window);
          if (accumulated > 1) {
            gradients = accumulate(gradients, batches, sum, window);
          }
          optimizer.step(limited(gradients));
        });
    batch += window.batches;
    lossSum += window.lossSum;
    lossExamples += window.examples;
    double taken = (System.nanoTime() - start) / 1e9;
    seconds += taken;
    spent += taken;
    double mean = window.lossSum / window.examples;
    StepResult result =
        new StepResult(epoch + 1, batch, batchesInEpoch, optimizer.steps(), window.examples, mean);
    callbacks.forEach(c -> c.stepped(this, result));
  }

  private Batch next(Batches batches) {
    long start = System.nanoTime();
    Batch batch = batches.next();
    waited += (System.nanoTime() - start) / 1e9;
    return batch;
  }

  private Gradients accumulate(Gradients first, Batches batches, Accumulator sum, Window window) {
    sum.add(first, window.examples);
    while (window.batches < accumulated && batches.hasNext()) {
      Scope.run(
          () -> {
            long before = window.examples;
            Gradients next = gradients(next(batches), window);
            sum.add(next, window.examples - before);
          });
    }
    return sum.take();
  }

  private Gradients limited(Gradients gradients) {
    return clip == Double.POSITIVE_INFINITY
        ? gradients
        : GradientNorm.clip(gradients, optimizer.parameters(), clip);
  }

  private Gradients gradients(Batch data, Window window) {
    Pass pass = graph == null ? Pass.of(model, loss, data.input(), data.target()) : graph.of(data);
    double value = pass.loss().item();
    if (!Double.isFinite(value)) {
      throw diverged(
          "before",
          optimizer.steps() + 1,
          FirstNonFinite.find(model, data),
          "loss " + value + " in epoch " + (epoch + 1) + ", batch " + (batch + window.batches + 1));
    }
    window.lossSum += value * data.size();
    window.examples += data.size();
    window.batches++;
    return pass.gradients();
  }

  private DivergenceException diverged(String when, long step, String tensor, String got) {
    return new DivergenceException(when, step, tensor, got, optimizer.remedy());
  }

  /**
   * Loss and metrics over all of {@code data}, in evaluation mode: means over examples, where the
   * loss of a batch counts by its size, whatever weights the loss gives to classes.
   */
  public Evaluation evaluate(Loader data) {
    return model.evaluating(() -> device.call(() -> measure(data)));
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
        callbacks.forEach(c -> c.evaluated(this, examples[0], data.dataset().size()));
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
        "batchesPerEpoch",
        (long) batchesPerEpoch,
        "lossSum",
        Double.doubleToRawLongBits(lossSum),
        "lossExamples",
        lossExamples,
        "seconds",
        Double.doubleToRawLongBits(seconds),
        "reported",
        reported);
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
    batchesPerEpoch = Math.toIntExact(progress.get("batchesPerEpoch"));
    lossSum = Double.longBitsToDouble(progress.get("lossSum"));
    lossExamples = progress.get("lossExamples");
    seconds = Double.longBitsToDouble(progress.get("seconds"));
    reported = progress.get("reported");
  }
}
