package org.hypergrad.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Prints how long training steps take here and in other engines. Each engine is a process of its
 * own, and only one works at a time; in every round each does a block of steps, so that all see the
 * same minutes. A ratio is that of two blocks of one round.
 *
 * <p>Of each contender all thread counts and layouts run a few rounds first, and the fastest goes
 * on. All start from the same weights; their losses, before and after the first update, must agree.
 * FOP's first update is its base rule's.
 *
 * <p>Arguments: libtorch's class path, then rows (all, if none is named) and, if wanted, the number
 * of rounds.
 */
public final class Peers {
  private static final int ROUNDS = 15;
  private static final int TRIAL_ROUNDS = 3;
  private static final double BLOCK_MILLISECONDS = 500;

  /** Until code is compiled, and memory and threads are there. */
  private static final double WARM_UP_MILLISECONDS = 5000;

  /** Between losses of engines, relative: they add in other orders. */
  private static final double TOLERANCE = 1e-4;

  private final double[] losses = {Double.NaN, Double.NaN};

  private Peers() {}

  public static void main(String[] args) throws IOException {
    List<Work> rows = new ArrayList<>();
    int rounds = ROUNDS;
    for (String arg : Arrays.asList(args).subList(1, args.length)) {
      if (arg.matches("[1-9][0-9]*")) {
        rounds = Integer.parseInt(arg);
      } else {
        rows.add(Work.named(arg));
      }
    }
    System.out.printf(
        "%s, %d cores of %s%n",
        LocalDate.now(), Runtime.getRuntime().availableProcessors(), processor());
    for (Work work : rows.isEmpty() ? List.of(Work.values()) : rows) {
      new Peers().row(work, args[0], rounds);
    }
  }

  private static String processor() throws IOException {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(l -> l.startsWith("model name"))
          .map(l -> l.substring(l.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("an unknown processor");
    }
  }

  private void row(Work work, String libtorch, int rounds) throws IOException {
    System.out.printf("%n%s, batch %d%n", work.title(), work.shape()[0]);
    List<Contender> contenders = new ArrayList<>();
    contenders.add(Contender.libtorch(work, libtorch));
    contenders.add(Contender.hypergrad(work, "momentum"));
    if (work.hasImages()) {
      contenders.add(Contender.hypergrad(work, "fop"));
    }
    List<Engine> engines = new ArrayList<>();
    try {
      for (Contender contender : contenders) {
        engines.add(fastest(contender));
      }
      print(engines, measure(engines, rounds));
    } finally {
      engines.forEach(Engine::close);
    }
  }

  /** Starts all variants; all but the fastest end again. */
  private Engine fastest(Contender contender) throws IOException {
    List<Engine> engines = new ArrayList<>();
    Engine best = null;
    try {
      for (Contender.Variant variant : contender.variants()) {
        Engine engine = variant.start();
        engines.add(engine);
        check(engine);
        engine.warmUp(WARM_UP_MILLISECONDS);
      }
      double[][] times = measure(engines, TRIAL_ROUNDS);
      for (int i = 0; i < times.length; i++) {
        Engine engine = engines.get(i);
        System.out.printf(
            "  trial: %-48s%10.3f ms, idle %.1f%%%n",
            engine, quartile(times[i], 2), 100 * engine.idleShare());
      }
      int fastest =
          Collections.min(
              IntStream.range(0, times.length).boxed().toList(),
              Comparator.comparingDouble(i -> quartile(times[i], 2)));
      best = engines.get(fastest);
      return best;
    } finally {
      for (Engine engine : engines) {
        if (engine != best) {
          engine.close();
        }
      }
    }
  }

  private void check(Engine engine) throws IOException {
    for (int step = 0; step < losses.length; step++) {
      double loss = engine.run(1).loss();
      if (Double.isNaN(losses[step])) {
        losses[step] = loss;
        System.out.printf("  loss %s: %.6f%n", step == 0 ? "at first" : "after an update", loss);
      }
      if (!(Math.abs(loss - losses[step]) <= TOLERANCE * losses[step])) {
        throw new IllegalStateException(
            "peers: not the same work; got loss %s of %s at step %d; expected %s"
                .formatted(loss, engine, step, losses[step]));
      }
    }
  }

  /** Milliseconds of a step, by engine and round. Every second round goes backwards. */
  private static double[][] measure(List<Engine> engines, int rounds) throws IOException {
    double[][] times = new double[engines.size()][rounds];
    for (int round = 0; round < rounds; round++) {
      for (int i = 0; i < engines.size(); i++) {
        int turn = round % 2 == 0 ? i : engines.size() - 1 - i;
        times[turn][round] = engines.get(turn).block(BLOCK_MILLISECONDS);
      }
    }
    return times;
  }

  private static void print(List<Engine> engines, double[][] times) {
    System.out.printf(
        "  %-48s%10s%20s%10s%16s%8s%n",
        times[0].length + " rounds", "ms / step", "quartiles", "ratio", "quartiles", "idle");
    for (int i = 0; i < times.length; i++) {
      double[] ours = times[i];
      double[] ratios = new double[ours.length];
      Arrays.setAll(ratios, round -> times[0][round] / ours[round]);
      System.out.printf(
          "  %-48s%10.3f%20s%10.3f%16s%7.1f%%%n",
          engines.get(i),
          quartile(ours, 2),
          "%.3f - %.3f".formatted(quartile(ours, 1), quartile(ours, 3)),
          quartile(ratios, 2),
          "%.3f - %.3f".formatted(quartile(ratios, 1), quartile(ratios, 3)),
          100 * engines.get(i).idleShare());
    }
  }

  private static double quartile(double[] values, int quarter) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double at = (sorted.length - 1) * quarter / 4.0;
    int below = (int) at;
    int above = Math.min(below + 1, sorted.length - 1);
    return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
  }
}
