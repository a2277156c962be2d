package org.hypergrad.bench.peers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A process with a {@link Worker}, which works only while a call of {@link #run} lasts. */
final class Engine implements AutoCloseable {
  private final String name;
  private final Process process;
  private final BufferedReader out;
  private final PrintWriter in;

  /** When the last run ended, and the processor time of the process then. */
  private long restsSince;

  private Duration usedAtRest;

  private long idle;
  private Duration usedIdle = Duration.ZERO;

  /** Of the last steps. */
  private double milliseconds;

  /**
   * What a run says.
   *
   * @param milliseconds of a step
   * @param loss of the last step
   */
  record Result(double milliseconds, double loss) {}

  /**
   * Starts a worker, and waits until it is ready.
   *
   * @param threads the limit for its OpenMP and OpenBLAS
   * @param command the program and its arguments
   */
  Engine(String name, int threads, List<String> command) throws IOException {
    this.name = name;
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
    builder.environment().put("OMP_NUM_THREADS", String.valueOf(threads));
    process = builder.start();
    out = process.inputReader();
    in = new PrintWriter(process.outputWriter(), true);
    while (!line().equals(Worker.READY)) {
      // What a library prints as it loads.
    }
    rest();
  }

  /** A class in a JVM of its own, with this JVM's flags. */
  static List<String> java(String classPath, String main, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", classPath, main));
    command.addAll(List.of(arguments));
    return command;
  }

  private String line() throws IOException {
    String line = out.readLine();
    if (line == null) {
      throw new IOException("peers: " + name + " has ended; its standard error says why");
    }
    return line;
  }

  /** Takes some steps. */
  Result run(int steps) throws IOException {
    idle += System.nanoTime() - restsSince;
    usedIdle = usedIdle.plus(processorTime().minus(usedAtRest));
    in.println(steps);
    String[] answer = line().split(" ");
    rest();
    milliseconds = Long.parseLong(answer[0]) / 1e6 / steps;
    return new Result(milliseconds, Double.parseDouble(answer[1]));
  }

  /** Takes steps for about this long, at least one; gives the milliseconds of one. */
  double block(double length) throws IOException {
    return run((int) Math.max(1, Math.round(length / milliseconds))).milliseconds();
  }

  /** Takes ever more steps, for about this long. */
  void warmUp(double length) throws IOException {
    long start = System.nanoTime();
    for (int steps = 1; System.nanoTime() - start < length * 1e6; steps *= 2) {
      run(steps);
    }
  }

  private void rest() {
    restsSince = System.nanoTime();
    usedAtRest = processorTime();
  }

  private Duration processorTime() {
    return process.info().totalCpuDuration().orElse(Duration.ZERO);
  }

  /** Of one core, the share that it took while it had nothing to do. */
  double idleShare() {
    return (double) usedIdle.toNanos() / idle;
  }

  /** Ends the process: its input ends. */
  @Override
  public void close() {
    in.close();
    process.onExit().join();
  }

  @Override
  public String toString() {
    return name;
  }
}
