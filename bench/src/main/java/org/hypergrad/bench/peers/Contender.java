package org.hypergrad.bench.peers;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Who takes part, in which of several settings the fastest counts.
 *
 * @param name for the table
 * @param variants ways to start it
 */
record Contender(String name, List<Variant> variants) {
  Contender {
    variants = List.copyOf(variants);
  }

  /** Starts the process of one setting. */
  @FunctionalInterface
  interface Variant {
    Engine start() throws IOException;
  }

  /** The command of one setting. */
  @FunctionalInterface
  private interface Command {
    List<String> of(String layout, int threads) throws IOException;
  }

  private static final List<String> ONE_LAYOUT = List.of("contiguous");

  /** This engine, with a rule of {@link HypergradWorker}. */
  static Contender hypergrad(Work work, String rule) {
    return of(
        "hypergrad, " + rule,
        ONE_LAYOUT,
        (layout, threads) ->
            Engine.java(
                System.getProperty("java.class.path"),
                HypergradWorker.class.getName(),
                work.title(),
                rule,
                String.valueOf(threads)));
  }

  /** Another engine, with momentum. */
  static Contender of(Peer peer, Work work) {
    boolean layouts = work.hasImages() && peer.hasLayouts();
    return of(
        peer + ", momentum",
        layouts ? List.of("contiguous", "channels-last") : ONE_LAYOUT,
        (layout, threads) -> peer.command(work, layout, threads));
  }

  private static Contender of(String name, List<String> layouts, Command command) {
    List<Variant> variants = new ArrayList<>();
    for (int threads : threadCounts()) {
      for (String layout : layouts) {
        String setting = layouts.size() > 1 ? name + ", " + layout : name;
        variants.add(
            () -> new Engine(label(setting, threads), threads, command.of(layout, threads)));
      }
    }
    return new Contender(name, variants);
  }

  private static List<Integer> threadCounts() {
    int cores = Runtime.getRuntime().availableProcessors();
    return IntStream.of(1, cores).distinct().boxed().toList();
  }

  private static String label(String name, int threads) {
    return name + ", " + threads + (threads == 1 ? " thread" : " threads");
  }
}
