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

  /** This engine, with a rule of {@link HypergradWorker}. */
  static Contender hypergrad(Work work, String rule) {
    String name = "hypergrad, " + rule;
    List<Variant> variants = new ArrayList<>();
    for (int threads : threadCounts()) {
      variants.add(
          () ->
              new Engine(
                  label(name, threads),
                  System.getProperty("java.class.path"),
                  HypergradWorker.class.getName(),
                  threads,
                  List.of(work.title(), rule, String.valueOf(threads))));
    }
    return new Contender(name, variants);
  }

  /** libtorch with momentum, in both layouts where there are images. */
  static Contender libtorch(Work work, String classPath) {
    String name = "libtorch, momentum";
    List<Variant> variants = new ArrayList<>();
    for (int threads : threadCounts()) {
      for (String layout :
          work.hasImages() ? List.of("contiguous", "channels-last") : List.of("contiguous")) {
        variants.add(
            () ->
                new Engine(
                    label(name + ", " + layout, threads),
                    classPath,
                    "org.hypergrad.bench.peers.libtorch.LibtorchWorker",
                    threads,
                    List.of(work.title(), layout, String.valueOf(threads))));
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
