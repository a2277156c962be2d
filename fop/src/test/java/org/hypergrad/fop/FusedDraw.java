package org.hypergrad.fop;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.Selector;
import org.hypergrad.nn.optim.Adagrad;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.RmsProp;
import org.hypergrad.nn.optim.Schedule;
import org.hypergrad.nn.optim.Sgd;
import org.hypergrad.nn.optim.StandardRule;
import org.hypergrad.nn.optim.State;

/**
 * Parameters of random shapes and a rule with random options, from a seed alone, for steps that are
 * made together or one by one.
 */
record FusedDraw(int seed, Fop rule, Map<String, long[]> shapes) {
  private static final int STEPS = 6;
  private static final long MOST_ELEMENTS = 40_000;

  static List<FusedDraw> some(int count) {
    return IntStream.range(0, count).mapToObj(FusedDraw::of).toList();
  }

  private static FusedDraw of(int seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Map<String, long[]> shapes = new TreeMap<>();
    int parameters = random.nextInt(1, 7);
    for (int i = 0; i < parameters; i++) {
      String kind = pick(random, "conv", "conv", "dense", "dense", "bias", "vector");
      shapes.put(kind + i, shape(random, kind));
    }
    return new FusedDraw(seed, rule(random), shapes);
  }

  private static long[] shape(SplittableRandom random, String kind) {
    long[] shape =
        switch (kind) {
          case "conv" ->
              new long[] {upTo(random, 60), upTo(random, 60), side(random), side(random)};
          case "dense" -> new long[] {upTo(random, 200), upTo(random, 200)};
          default -> new long[] {upTo(random, 200)};
        };
    return count(shape) > MOST_ELEMENTS ? shape(random, kind) : shape;
  }

  private static long count(long[] shape) {
    return Arrays.stream(shape).reduce(1, (a, b) -> a * b);
  }

  /** Of all parameters together. */
  long elements() {
    return shapes.values().stream().mapToLong(FusedDraw::count).sum();
  }

  private static long upTo(SplittableRandom random, long most) {
    return random.nextInt(4) == 0 ? random.nextLong(1, 4) : random.nextLong(1, most + 1);
  }

  /** Of a kernel: mostly those of networks, at times more positions than one op takes. */
  private static long side(SplittableRandom random) {
    return random.nextInt(4) == 0 ? random.nextLong(1, 10) : pick(random, 1, 3, 3, 5);
  }

  /** With numbers that keep Adam and its like from making much of what is lost to rounding. */
  private static Fop rule(SplittableRandom random) {
    Sgd sgd = new Sgd(0.02);
    StandardRule base =
        pick(
            random,
            sgd,
            sgd.weightDecay(0.1),
            sgd.momentum(0.8),
            sgd.momentum(0.8).weightDecay(0.1),
            sgd.momentum(0.8).dampening(0.3),
            sgd.momentum(0.8).withNesterov(),
            new Adam(0.01).epsilon(0.1),
            new Adam(0.01).epsilon(0.1).weightDecay(0.1),
            Adam.adamW(0.01, 0.1).epsilon(0.1),
            new RmsProp(0.01).epsilon(0.1),
            new RmsProp(0.01).epsilon(0.1).withCentering().momentum(0.5),
            new Adagrad(0.02).epsilon(0.1));
    StandardRule hyper =
        pick(
            random,
            new Sgd(1e-4),
            new Sgd(1e-4).momentum(0.5).weightDecay(0.1),
            new Adam(1e-3).epsilon(0.1),
            new RmsProp(1e-3).epsilon(0.1));
    Fop fop = Fop.over(base).hyper(hyper).seed(random.nextLong());
    fop = fop.order(pick(random, Order.values()));
    if (random.nextInt(3) == 0) {
      fop = fop.learning(Learning.PLAIN.every(random.nextLong(1, 4)).from(random.nextLong(2, 4)));
    }
    Preconditioner dense =
        pick(
            random,
            Preconditioner.fullRank(),
            Preconditioner.lowRank(random.nextLong(1, 9)),
            Preconditioner.lowRank(random.nextLong(1, 300)).deviation(0.02),
            Preconditioner.product());
    Selector conv = Selector.role(Role.CONV_KERNEL);
    Selector matrices = Selector.role(Role.DENSE_WEIGHT, Role.OTHER);
    return switch (random.nextInt(8)) {
      case 0 -> fop.where(matrices, dense.freeze());
      case 1 -> fop.where(matrices, dense).where(conv, Preconditioner.spatial().freeze());
      case 2 -> fop.where(matrices, Preconditioner.none()).where(conv, Preconditioner.none());
      default -> fop.where(matrices, dense);
    };
  }

  @SafeVarargs
  private static <T> T pick(SplittableRandom random, T... of) {
    return of[random.nextInt(of.length)];
  }

  private static Role role(String name) {
    return name.startsWith("conv")
        ? Role.CONV_KERNEL
        : name.startsWith("dense")
            ? Role.DENSE_WEIGHT
            : name.startsWith("bias") ? Role.BIAS : Role.OTHER;
  }

  /**
   * Steps made together, one by one, and now so and now so, all from the same gradients: of any
   * strides, at times none, at times not finite. They differ by some units in the last place of the
   * largest terms for each step; a wrong formula by 1e-3 and more.
   */
  void agrees(Device device) {
    FusedTrial.End plain = train(device, _ -> false);
    plain.assertNear(train(device, _ -> true), 3e-5);
    plain.assertNear(train(device, step -> step % 2 == seed % 2), 3e-5);
  }

  private interface Which {
    boolean together(int step);
  }

  private FusedTrial.End train(Device device, Which which) {
    return device.call(() -> Scope.call(() -> train(which)));
  }

  private FusedTrial.End train(Which which) {
    List<Parameter> parameters = new ArrayList<>();
    shapes.forEach(
        (name, shape) ->
            parameters.add(new Parameter(name, role(name), normal(100, parameters.size(), shape))));
    try (Optimizer optimizer = Optimizer.of(rule, parameters)) {
      optimizer.schedule(Schedule.cosine(2 * STEPS, 0.1));
      SplittableRandom random = new SplittableRandom(seed);
      for (int step = 0; step < STEPS; step++) {
        Map<Tensor, Tensor> gradients = gradients(random, step, parameters);
        if (which.together(step)) {
          optimizer.step(Gradients.of(gradients));
        } else {
          double rate = rule.rate() * optimizer.scheduleFactor();
          stepOneByOne(optimizer, gradients, rate);
          optimizer.setSteps(optimizer.steps() + 1);
        }
      }
      return FusedTrial.End.of(optimizer);
    } finally {
      parameters.forEach(Parameter::close);
    }
  }

  private Tensor normal(long step, long index, long... shape) {
    return new Generator(seed, step * 100 + index).normal(1, shape);
  }

  private Map<Tensor, Tensor> gradients(
      SplittableRandom random, int step, List<Parameter> parameters) {
    Map<Tensor, Tensor> gradients = new HashMap<>();
    for (int i = 0; i < parameters.size(); i++) {
      Tensor value = parameters.get(i).value();
      int kind = random.nextInt(12);
      long[] shape = value.shape().toArray();
      if (kind == 0) {
        continue;
      }
      Tensor g = kind == 1 ? turned(step, i, shape) : normal(step, i, shape);
      if (kind == 2) {
        g = normal(step, i).broadcastTo(value.shape());
      }
      if (kind == 3 && step % 2 == 0) {
        g.slice(0, 0, 1).fill(random.nextBoolean() ? Double.NaN : Double.NEGATIVE_INFINITY);
      }
      gradients.put(value, g);
    }
    return gradients;
  }

  /** The axes lie the other way round in memory. */
  private Tensor turned(int step, int index, long[] shape) {
    int last = shape.length - 1;
    long[] backwards = IntStream.rangeClosed(0, last).mapToLong(a -> shape[last - a]).toArray();
    int[] order = IntStream.rangeClosed(0, last).map(a -> last - a).toArray();
    return normal(step, index, backwards).permute(order);
  }

  private void stepOneByOne(Optimizer optimizer, Map<Tensor, Tensor> gradients, double rate) {
    for (Parameter p : optimizer.parameters()) {
      State state = optimizer.state(p.name());
      Tensor g = gradients.get(p.value());
      if (g == null) {
        rule.skip(p, state);
      } else {
        Tape.paused(
            () -> {
              rule.step(p, g, state, rate);
              return null;
            });
      }
    }
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("seed " + seed + ": ");
    shapes.forEach((name, shape) -> text.append(name).append(Arrays.toString(shape)).append(' '));
    return text.append(rule).toString();
  }
}
