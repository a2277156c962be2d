package org.hypergrad.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Loss;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.data.Batch;
import org.hypergrad.nn.data.Batches;
import org.hypergrad.nn.data.Loader;
import org.hypergrad.nn.model.ResNet;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.Sgd;

/**
 * What it costs to read images while training goes on: steps of ResNet-18 on batches that were made
 * before, the same while a loader makes them, and a loader alone. The first two are in time by the
 * clock, as somebody waits for it; the last is in processor time.
 */
final class LiveLoader {
  private static final int ROUNDS = 5;

  private static final OperatingSystemMXBean PROCESS =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private final Loader loader;
  private final int readers;
  private final Module model;
  private final Optimizer optimizer;
  private final Loss loss = Loss.crossEntropy();

  private LiveLoader(Loader loader, int readers, Module model, Optimizer optimizer) {
    this.loader = loader;
    this.readers = readers;
    this.model = model;
    this.optimizer = optimizer;
  }

  /**
   * Prints it.
   *
   * @param loader of images of 1,000 classes at most, without threads of its own
   * @param readers threads that make batches while training goes on
   */
  static void print(Loader loader, int readers) {
    Device.cpu()
        .run(
            () ->
                Scope.run(
                    () -> {
                      try (Module model = ResNet.resNet18().build(new Generator(1));
                          Optimizer optimizer =
                              Optimizer.of(new Sgd(1e-3).momentum(0.9), model.parameters())) {
                        new LiveLoader(loader.dropLast(), readers, model, optimizer).print();
                      }
                    }));
  }

  private void print() {
    List<Batch> cached = new ArrayList<>();
    try (Batches batches = loader.epoch(0)) {
      batches.forEachRemaining(cached::add);
    }
    double[] before = new double[ROUNDS];
    double[] live = new double[ROUNDS];
    double[] alone = new double[ROUNDS];
    cached.forEach(this::step);
    for (int round = 0; round < ROUNDS; round++) {
      long start = System.nanoTime();
      cached.forEach(this::step);
      before[round] = (System.nanoTime() - start) / 1e6 / cached.size();
      start = System.nanoTime();
      train(round);
      live[round] = (System.nanoTime() - start) / 1e6 / cached.size();
      start = PROCESS.getProcessCpuTime();
      read(round);
      alone[round] = (PROCESS.getProcessCpuTime() - start) / 1e6 / cached.size();
    }
    double sum = median(before) + median(alone);
    System.out.printf(
        "%nResNet-18, batches of %d, %d threads, %d readers: milliseconds%n"
            + "  step on batches made before       %8.1f%n"
            + "  step while a loader makes them    %8.1f%n"
            + "  making one, processor time        %8.1f%n"
            + "  second / (first + third)          %8.2f%n",
        loader.batchSize(),
        Device.cpu().threads(),
        readers,
        median(before),
        median(live),
        median(alone),
        median(live) / sum);
  }

  private void step(Batch batch) {
    Scope.run(
        () -> {
          Gradients gradients =
              Tape.record(
                  tape -> tape.backward(loss.apply(model.apply(batch.input()), batch.target())));
          optimizer.step(gradients);
        });
  }

  private void train(long epoch) {
    try (Batches batches = loader.threads(readers).epoch(epoch)) {
      while (batches.hasNext()) {
        Scope.run(() -> step(batches.next()));
      }
    }
  }

  private void read(long epoch) {
    try (Batches batches = loader.epoch(epoch)) {
      while (batches.hasNext()) {
        Scope.run(batches::next);
      }
    }
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
