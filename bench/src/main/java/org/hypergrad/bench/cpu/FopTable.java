package org.hypergrad.bench.cpu;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
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
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.Sgd;

/**
 * Prints what FOP's updates cost on the processor: beside a plain loop with the same streams,
 * beside a training step, and beside the matrix products that they are made of. Medians of many
 * runs, in milliseconds. Takes no arguments, or the number of threads.
 */
public final class FopTable {
  private static final int RUNS = 31;
  private static final int WARM_UPS = 60;

  /** How many times as often what takes less than a millisecond is run: compilers need it. */
  private static final int SHORT = 100;

  private static final double MILLION = 1e6;
  private static final Sgd MOMENTUM = new Sgd(1e-3).momentum(0.9);

  private FopTable() {}

  public static void main(String[] args) {
    Device cpu = Device.cpu();
    if (args.length > 0) {
      cpu.setThreads(Integer.parseInt(args[0]));
    }
    System.out.printf("%d threads%n", cpu.threads());
    cpu.run(
        () -> {
          Scope.run(FopTable::streams);
          Scope.run(FopTable::shares);
          Scope.run(FopTable::products);
        });
  }

  /** The median time of a body after a warm-up, in milliseconds. */
  private static double median(int warmUps, int runs, Runnable body) {
    double[] times = new double[runs];
    for (int i = -warmUps; i < runs; i++) {
      long start = System.nanoTime();
      body.run();
      times[Math.max(0, i)] = (System.nanoTime() - start) / MILLION;
    }
    Arrays.sort(times);
    return times[runs / 2];
  }

  /** The median time of an update; of short ones {@code more} times as many. */
  private static double update(Rule rule, List<Parameter> parameters, int more) {
    try (Updating updating = new Updating(rule, parameters)) {
      return median(more * WARM_UPS, more * RUNS, () -> Scope.run(updating));
    }
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
    double update;
    try (Updating updating = Updating.ofTenMillion(streams.rule())) {
      update = median(WARM_UPS, RUNS, () -> Scope.run(updating));
    }
    double plain = median(WARM_UPS, RUNS, streams.loop());
    long bytes = streams.cost().amount();
    System.out.printf(
        "%-34s %8.2f %8.2f %7.2f %12d %12.1f%n",
        streams.title(), update, plain, update / plain, bytes, bytes / update / MILLION);
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
    double step =
        median(
            2,
            5,
            () ->
                Scope.run(
                    () -> Tape.record(tape -> tape.backward(loss.apply(model.apply(x), labels)))));
    double base = update(MOMENTUM, model.parameters(), 4);
    double whole = update(fop, model.parameters(), 4);
    System.out.printf(
        "%-34s %10.1f %9.3f %9.3f %8.2f%%%n",
        title, step, base, whole, 100 * (whole - base) / step);
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
    double update = update(fop, weights, SHORT);
    List<Tensor[]> operands = new ArrayList<>();
    for (Parameter p : weights) {
      Tensor m = fop.firstFactor(p);
      Tensor g = new Generator(4).normal(1, p.value().shape().toArray());
      operands.add(new Tensor[] {m, g, g.copy()});
    }
    double products =
        median(
            SHORT * WARM_UPS,
            SHORT * RUNS,
            () -> Scope.run(() -> operands.forEach(FopTable::five)));
    System.out.printf(
        "%n784-100-100-100-10 at rank %d: update %.3f ms, its products %.3f ms, ratio %.2f%n",
        rank, update, products, update / products);
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
