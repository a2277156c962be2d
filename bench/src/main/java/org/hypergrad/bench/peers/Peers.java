package org.hypergrad.bench.peers;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.hypergrad.bench.Commands;
import org.hypergrad.bench.results.Facts;
import org.hypergrad.bench.results.Results;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/**
 * Prints how long training steps take here and in other engines. Each engine is a process of its
 * own, and only one works at a time; in every round each does a block of steps, so that all see the
 * same minutes. A ratio is that of two blocks of one round.
 *
 * <p>Of each contender all thread counts and layouts run a few rounds first, and the fastest goes
 * on. All start from the same weights; their losses, before and after the first update, must agree.
 * FOP's first update is its base rule's.
 */
@Command(
    name = "bench/run peers",
    description = "Times training steps here and in other engines, in the same minutes.",
    mixinStandardHelpOptions = true,
    sortOptions = false)
public final class Peers implements Callable<Integer> {
  private static final int TRIAL_ROUNDS = 3;
  private static final double BLOCK_MILLISECONDS = 500;

  /** Until code is compiled, and memory and threads are there. */
  private static final double WARM_UP_MILLISECONDS = 5000;

  /** Between losses of engines, relative: they add in other orders. */
  private static final double TOLERANCE = 1e-4;

  @Parameters(
      paramLabel = "ROW",
      arity = "0..*",
      description = "all-cnn, mnist-128, mnist-16 or resnet-18; all if none is named.")
  private List<String> rows = List.of();

  @Option(
      names = "--peer",
      paramLabel = "NAME",
      split = ",",
      description = "libtorch, djl, dl4j or python, with commas between; all if none is named.")
  private List<String> peers = List.of();

  @Option(
      names = "--rounds",
      paramLabel = "N",
      description = "Rounds; ${DEFAULT-VALUE} unless told otherwise.")
  private int rounds = 15;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where peers.json and peers.csv go; ${DEFAULT-VALUE} unless told otherwise.")
  private Path out = Path.of("bench", "out");

  @Spec private CommandSpec spec;

  private final List<Found> found = new ArrayList<>();

  private double[] losses;

  /** An engine's milliseconds of a step and their ratio to ours with momentum, with quartiles. */
  private record Found(
      String row,
      String engine,
      double ms,
      double msLower,
      double msUpper,
      double ratio,
      double ratioLower,
      double ratioUpper) {
    static Found of(String row, String engine, Quartiles ms, Quartiles ratio) {
      return new Found(
          row,
          engine,
          ms.median(),
          ms.lower(),
          ms.upper(),
          ratio.median(),
          ratio.lower(),
          ratio.upper());
    }
  }

  public static void main(String[] args) {
    System.exit(Commands.line(new Peers()).execute(args));
  }

  @Override
  public Integer call() throws IOException {
    List<Work> works = chosen(rows, List.of(Work.values()), Work::title);
    List<Peer> others = chosen(peers, List.of(Peer.values()), Peer::toString);
    if (rounds < 1) {
      throw new ParameterException(spec.commandLine(), "--rounds must be at least 1");
    }
    List<String> words = new ArrayList<>(List.of(spec.name()));
    words.addAll(spec.commandLine().getParseResult().originalArgs());
    Facts facts = Facts.here(String.join(" ", words), rounds + " rounds");
    System.out.println(facts);
    for (Work work : works) {
      row(work, others);
      new Results<>(facts, found).write(out, "peers");
    }
    System.out.println("\nwritten to " + out);
    return 0;
  }

  /** What is named, or all. */
  private <T> List<T> chosen(List<String> names, List<T> all, Function<T, String> title) {
    List<String> titles = all.stream().map(title).toList();
    for (String name : names) {
      if (!titles.contains(name)) {
        throw new ParameterException(
            spec.commandLine(), "no \"" + name + "\"; there are " + titles);
      }
    }
    return all.stream().filter(t -> names.isEmpty() || names.contains(title.apply(t))).toList();
  }

  private void row(Work work, List<Peer> peers) throws IOException {
    System.out.printf("%n%s, batch %d%n", work.title(), work.shape()[0]);
    losses = new double[] {Double.NaN, Double.NaN};
    List<Contender> contenders = new ArrayList<>();
    contenders.add(Contender.hypergrad(work, "momentum"));
    if (work.hasImages()) {
      contenders.add(Contender.hypergrad(work, "fop"));
    }
    for (Peer peer : peers) {
      Optional<String> problem = peer.problem(work);
      if (problem.isEmpty()) {
        contenders.add(Contender.of(peer, work));
      } else {
        System.out.printf("  %s is left out: %s%n", peer, problem.get());
      }
    }
    List<Engine> engines = new ArrayList<>();
    try {
      for (Contender contender : contenders) {
        engines.add(fastest(contender));
      }
      print(work, engines, measure(engines, rounds));
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
            engine, Quartiles.of(times[i]).median(), 100 * engine.idleShare());
      }
      int fastest =
          Collections.min(
              IntStream.range(0, times.length).boxed().toList(),
              Comparator.comparingDouble(i -> Quartiles.of(times[i]).median()));
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

  /** Ratios are by our steps with momentum, which come first. */
  private void print(Work work, List<Engine> engines, double[][] times) {
    System.out.printf(
        "  %-48s%10s%20s%10s%16s%8s%n",
        times[0].length + " rounds", "ms / step", "quartiles", "by ours", "quartiles", "idle");
    for (int i = 0; i < times.length; i++) {
      double[] own = times[i];
      double[] ratios = new double[own.length];
      Arrays.setAll(ratios, round -> own[round] / times[0][round]);
      Quartiles milliseconds = Quartiles.of(own);
      Quartiles ratio = Quartiles.of(ratios);
      System.out.printf(
          "  %-48s%10.3f%20s%10.3f%16s%7.1f%%%n",
          engines.get(i),
          milliseconds.median(),
          "%.3f - %.3f".formatted(milliseconds.lower(), milliseconds.upper()),
          ratio.median(),
          "%.3f - %.3f".formatted(ratio.lower(), ratio.upper()),
          100 * engines.get(i).idleShare());
      found.add(Found.of(work.title(), engines.get(i).toString(), milliseconds, ratio));
    }
  }
}
