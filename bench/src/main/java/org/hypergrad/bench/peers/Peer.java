package org.hypergrad.bench.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Other engines, each with a worker below {@code bench/peers}. */
enum Peer {
  /** Of bytedeco's bindings. */
  LIBTORCH(true) {
    @Override
    List<String> command(Work work, String layout, int threads) throws IOException {
      return Engine.java(
          classPath(),
          "org.hypergrad.bench.peers.libtorch.LibtorchWorker",
          work.title(),
          layout,
          String.valueOf(threads));
    }
  },
  /** DJL's PyTorch engine. */
  DJL(false) {
    @Override
    List<String> command(Work work, String layout, int threads) throws IOException {
      return Engine.java(
          classPath(),
          "org.hypergrad.bench.peers.djl.DjlWorker",
          work.title(),
          String.valueOf(threads),
          target().resolve("natives").toAbsolutePath().toString());
    }
  },
  /** Deeplearning4j. */
  DL4J(true) {
    @Override
    List<String> command(Work work, String layout, int threads) throws IOException {
      return Engine.java(
          classPath(), "org.hypergrad.bench.peers.dl4j.Dl4jWorker", work.title(), layout);
    }

    @Override
    Optional<String> problem(Work work) {
      return work.net() == Work.Net.RESNET_18
          ? Optional.of("its ResNet-18 has another loss at the first step: not the same work")
          : Optional.empty();
    }
  },
  /** Python's torch. */
  PYTHON(true) {
    @Override
    List<String> command(Work work, String layout, int threads) {
      return List.of(
          interpreter(), WORKER.toString(), work.title(), layout, String.valueOf(threads));
    }

    @Override
    Optional<String> problem(Work work) throws IOException {
      Process process =
          new ProcessBuilder(interpreter(), "-c", "import torch")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return process.onExit().join().exitValue() == 0
          ? Optional.empty()
          : Optional.of(interpreter() + " has no torch; HYPERGRAD_PYTHON names another python");
    }
  };

  private static final Path WORKERS = Path.of("bench", "peers");
  private static final Path WORKER = WORKERS.resolve("python").resolve("worker.py");

  private final boolean layouts;

  Peer(boolean layouts) {
    this.layouts = layouts;
  }

  /** Whether it takes images with channels first and last. */
  boolean hasLayouts() {
    return layouts;
  }

  /** What starts its worker. */
  abstract List<String> command(Work work, String layout, int threads) throws IOException;

  /** Why it does not take part in a row, if it does not. */
  Optional<String> problem(Work work) throws IOException {
    return Optional.empty();
  }

  private static String interpreter() {
    return System.getenv().getOrDefault("HYPERGRAD_PYTHON", "python3");
  }

  Path target() {
    return WORKERS.resolve(toString()).resolve("target");
  }

  String classPath() throws IOException {
    return target().resolve("classes") + ":" + Files.readString(target().resolve("classpath"));
  }

  /** The name on the command line, and of its folder. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
