package org.hypergrad.bench.cpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.hypergrad.bench.results.Facts;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.fop.Fop;
import org.hypergrad.fop.Preconditioner;
import org.hypergrad.nn.Loss;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.Selector;
import org.hypergrad.nn.Sequential;
import org.hypergrad.nn.layer.Activation;
import org.hypergrad.nn.layer.Linear;
import org.hypergrad.nn.model.AllCnn;
import org.hypergrad.nn.model.ResNet;
import org.hypergrad.nn.optim.Sgd;

/**
 * Prints what FOP's updates cost on the processor: beside a plain loop with the same streams,
 * beside a training step, and beside the matrix products that they are made of. Medians of many
 * runs, in milliseconds; what is compared takes turns, as others may use the same cores. Takes no
 * arguments, or the number of threads.
 */
public final class FopTable {
  private static final int RUNS = 51;
  private static final int WARM_UPS = 150;

  /** How many times as often what takes less than a millisecond is run: compilers need it. */
  private static final int SHORT = 50;

  private static final double MILLION = 1e6;
  private static final Sgd MOMENTUM = new Sgd(1e-3).momentum(0.9);

  private FopTable() {}

  public static void main(String[] args) {
    Device cpu = Device.cpu();
    if (args.length > 0) {
      cpu.setThreads(Integer.parseInt(args[0]));
    }
    System.out.println(Facts.here("bench/run fop", cpu.threads() + " threads"));
    System.out.printf("%d threads%n", cpu.threads());
    cpu.run(
        () -> {
          Scope.run(FopTable::streams);
          Scope.run(FopTable::shares);
          Scope.run(FopTable::products);
        });
  }

  /** The median time of each body after a warm-up, in milliseconds; they take turns. */
  private static double[] medians(int warmUps, int runs, Runnable... bodies) {
    double[][] times = new double[bodies.length][runs];
    for (int i = -warmUps; i < runs; i++) {
      for (int body = 0; body < bodies.length; body++) {
        long start = System.nanoTime();
        bodies[body].run();
        times[body][Math.max(0, i)] = (System.nanoTime() - start) / MILLION;
      }
    }
    return Arrays.stream(times)
        .mapToDouble(own -> Arrays.stream(own).sorted().toArray()[runs / 2])
        .toArray();
  }

  /** 10 M parameters in kernels of 3 x 3. */
  private static void streams() {
    System.out.printf(
        "%nupdate of %.1f M parameters, milliseconds%n", Updating.tenMillion() / MILLION);
    System.out.printf(
        "%-34s %8s %8s %7s %12s %12s%n", "", "update", "loop", "ratio", "bytes", "GB/s");
    UpdateRows.RULES.forEach(FopTable::row);
  }

  private static void row(UpdateRows.Streams streams) {
    try (Updating updating = Updating.ofTenMillion(streams.rule())) {
      double[] times = medians(WARM_UPS, RUNS, () -> Scope.run(updating), streams.loop());
      double update = times[0];
      double plain = times[1];
      long bytes = streams.cost().amount();
      System.out.printf(
          "%-34s %8.2f %8.2f %7.2f %12d %12.1f%n",
          streams.title(), update, plain, update / plain, bytes, bytes / update / MILLION);
    }
  }

  private static void shares() {
    System.out.printf("%n%-34s %10s %9s %9s %9s%n", "milliseconds", "step", "base", "FOP", "extra");
    share("All-CNN-C, batch 128", AllCnn.builder().build(new Generator(1)), 10, 128, 3, 32, 32);
    share("ResNet-18, batch 32", ResNet.resNet18().build(new Generator(1)), 1000, 32, 3, 224, 224);
  }

  /** The step is forward and backward; the last layer, if dense, has no P. */
  private static void share(String title, Module model, int classes, long... shape) {
    Fop fop = Fop.over(MOMENTUM).where(Selector.role(Role.DENSE_WEIGHT), Preconditioner.none());
    Tensor x = new Generator(2).normal(1, shape);
    Tensor labels = new Generator(3).uniform(0, classes, shape[0]).to(DType.INT32);
    Loss loss = Loss.crossEntropy();
    Runnable training =
        () ->
            Scope.run(() -> Tape.record(tape -> tape.backward(loss.apply(model.apply(x), labels))));
    double step = medians(2, 5, training)[0];
    try (Updating base = new Updating(MOMENTUM, model.parameters());
        Updating whole = new Updating(fop, model.parameters())) {
      double[] times = medians(WARM_UPS, RUNS, () -> Scope.run(base), () -> Scope.run(whole));
      System.out.printf(
          "%-34s %10.1f %9.3f %9.3f %8.2f%%%n",
          title, step, times[0], times[1], 100 * (times[1] - times[0]) / step);
    }
    model.close();
  }

  /** 784-100-100-100-10 with ReLU. */
  private static Sequential mnist(Generator random) {
    return Sequential.of(
        new Linear(random, 784, 100),
        Activation.relu(),
        new Linear(random, 100, 100),
        Activation.relu(),
        new Linear(random, 100, 100),
        Activation.relu(),
        new Linear(random, 100, 10));
  }

  /** The dense network at rank 16, beside the five products of each of its weights. */
  private static void products() {
    int rank = 16;
    Sequential model = mnist(new Generator(1));
    List<Parameter> weights =
        model.parameters().stream().filter(p -> p.role() == Role.DENSE_WEIGHT).toList();
    Fop fop =
        Fop.over(MOMENTUM).where(Selector.role(Role.DENSE_WEIGHT), Preconditioner.lowRank(rank));
    try (Updating updating = new Updating(fop, weights)) {
      Scope.run(updating);
      List<Tensor[]> operands = new ArrayList<>();
      for (Parameter p : weights) {
        Tensor m = fop.firstFactor(p);
        Tensor g = new Generator(4).normal(1, p.value().shape().toArray());
        operands.add(new Tensor[] {m, g, g.copy()});
      }
      double[] times =
          medians(
              SHORT * WARM_UPS,
              SHORT * RUNS,
              () -> Scope.run(updating),
              () -> Scope.run(() -> operands.forEach(FopTable::five)));
      System.out.printf(
          "%n784-100-100-100-10 at rank %d: update %.3f ms, its products %.3f ms, ratio %.2f%n",
          rank, times[0], times[1], times[0] / times[1]);
    }
    model.close();
  }

  private static void five(Tensor[] operands) {
    Tensor m = operands[0];
    Tensor q = m.transpose().matmul(operands[1]);
    m.matmul(q);
    Tensor r = m.transpose().matmul(operands[2]);
    operands[1].matmul(r.transpose());
    operands[2].matmul(q.transpose());
  }
}
