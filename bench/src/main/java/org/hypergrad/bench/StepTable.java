package org.hypergrad.bench;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.examples.mnist.Network;
import org.hypergrad.fop.Fop;
import org.hypergrad.nn.Loss;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.data.ArrayDataset;
import org.hypergrad.nn.data.Loader;
import org.hypergrad.nn.model.AllCnn;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.Sgd;
import org.hypergrad.nn.train.Callback;
import org.hypergrad.nn.train.StepResult;
import org.hypergrad.nn.train.Trainer;

/**
 * What a whole training step launches, calls, copies and moves on a GPU, counted by the simulated
 * one: from the batch on the host to the last update. The floor of a launch is what it reads, each
 * byte once, and what it writes.
 */
final class StepTable {
  /** Steps before the one that counts: every M has learned, and graphs are captured. */
  private static final int WARM_UP = 3;

  private static final int CLASSES = 10;
  private static final Sgd MOMENTUM = new Sgd(1e-3).momentum(0.9);

  private StepTable() {}

  /** What is trained. */
  enum Net {
    MNIST("784-100-100-100-10, batch 16", 16, Shape.of(28, 28), Network::of),
    ALL_CNN("All-CNN-C, batch 2", 2, Shape.of(3, 32, 32), random -> AllCnn.builder().build(random));

    private final String title;
    private final int batch;
    private final Shape example;
    private final Function<Generator, Module> model;

    Net(String title, int batch, Shape example, Function<Generator, Module> model) {
      this.title = title;
      this.batch = batch;
      this.example = example;
      this.model = model;
    }

    private Loader data() {
      int examples = (WARM_UP + 1) * batch;
      float[][] inputs = new float[examples][(int) example.count()];
      int[] labels = new int[examples];
      for (int i = 0; i < examples; i++) {
        for (int k = 0; k < inputs[i].length; k++) {
          inputs[i][k] = (float) Math.sin(i + 0.1 * k);
        }
        labels[i] = i % CLASSES;
      }
      return Loader.of(ArrayDataset.labelled(inputs, example, labels, CLASSES), batch);
    }
  }

  /** Kernels of one family, or calls that have something in common. */
  enum Family {
    UNARY,
    BINARY,
    POINTWISE,
    REDUCE,
    SOFTMAX,
    CROSS_ENTROPY,
    RANDOM,
    MOVEMENT,
    IMAGE,
    OPTIMIZER,
    FOP,
    NORMALISATION,
    POOL,
    CUBLAS,
    CUDNN,
    COPIES;

    /** Whether these are launches of our own. */
    boolean isKernels() {
      return compareTo(CUBLAS) < 0;
    }

    static Family of(String name) {
      if (name.startsWith("cuMem")) {
        return COPIES;
      }
      return Arrays.stream(values())
          .filter(family -> name.startsWith(family.prefix()))
          .findFirst()
          .orElseThrow(() -> new IllegalStateException("a kernel of no family; got " + name));
    }

    private String prefix() {
      return isKernels() ? name().toLowerCase() + "_" : name().toLowerCase();
    }
  }

  /** The launches, calls and copies of one step, in order. */
  static List<LaunchLog.Line> step(Net net, Rule rule) {
    return step(net, rule, trainer -> trainer);
  }

  /** The same, of a trainer that is set up so. */
  static List<LaunchLog.Line> step(Net net, Rule rule, UnaryOperator<Trainer> how) {
    Device device = Device.simulated();
    return device.call(
        () ->
            Scope.call(
                () -> {
                  try (Module model = net.model.apply(new Generator(1));
                      Optimizer optimizer = Optimizer.of(rule, model.parameters())) {
                    Counted last = new Counted();
                    how.apply(new Trainer(model, Loss.crossEntropy(), optimizer))
                        .callback(last)
                        .fit(net.data(), 1);
                    return last.lines;
                  }
                }));
  }

  /** Counts the step behind the warm-up. */
  private static final class Counted implements Callback {
    private List<LaunchLog.Line> lines;

    @Override
    public void stepped(Trainer trainer, StepResult step) {
      Device.current().backend().finish();
      if (step.step() == WARM_UP) {
        LaunchLog.clear();
      } else if (step.step() > WARM_UP) {
        lines = LaunchLog.lines();
      }
    }
  }

  /** The lines of some families. */
  static List<LaunchLog.Line> of(List<LaunchLog.Line> step, Predicate<Family> families) {
    return step.stream().filter(line -> families.test(Family.of(line.name()))).toList();
  }

  /** Calls of the host for these: what a graph has in it is one. */
  static long calls(List<LaunchLog.Line> step) {
    long single = step.stream().filter(line -> line.count("graph") == 0).count();
    long graphs =
        step.stream().map(line -> line.count("graph")).filter(g -> g > 0).distinct().count();
    return single + graphs;
  }

  /** Prints all. */
  static void print() {
    for (Net net : Net.values()) {
      print(net.title + ", momentum", net, MOMENTUM);
      print(net.title + ", FOP around it", net, Fop.over(MOMENTUM));
    }
  }

  private static void print(String title, Net net, Rule rule) {
    List<LaunchLog.Line> step = step(net, rule);
    System.out.printf("%n%-46s %9s %12s %12s %7s%n", title, "", "bytes moved", "floor", "ratio");
    for (Family family : Family.values()) {
      row(family.name().toLowerCase(), of(step, f -> f == family));
    }
    row("kernels of our own", of(step, Family::isKernels));
    row("all", step);
    System.out.printf(
        "%-46s %9d%n", "calls of the host with a graph", calls(step(net, rule, Trainer::graph)));
  }

  private static void row(String title, List<LaunchLog.Line> lines) {
    if (!lines.isEmpty()) {
      long moved = lines.stream().mapToLong(LaunchLog.Line::moved).sum();
      long floor = lines.stream().mapToLong(LaunchLog.Line::floor).sum();
      double ratio = (double) moved / floor;
      System.out.printf("%-46s %9d %12d %12d %7.2f%n", title, lines.size(), moved, floor, ratio);
    }
  }
}
