package org.hypergrad.bench.peers;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;

/**
 * The loop of a process that trains when it is told to: it says {@code ready}, and answers each
 * number of steps on its standard input with the nanoseconds that they took and the last loss,
 * until the input ends.
 */
public final class Worker {
  static final String READY = "ready";

  private Worker() {}

  /** One training, in any engine. */
  @FunctionalInterface
  public interface Training {
    /** Forward, backward and update; gives the loss before the update. */
    double step();
  }

  /** Serves until the standard input ends. */
  public static void serve(Training training) throws IOException {
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    System.out.println(READY);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      int steps = Integer.parseInt(line);
      double loss = 0;
      long start = System.nanoTime();
      for (int i = 0; i < steps; i++) {
        loss = training.step();
      }
      System.out.println(System.nanoTime() - start + " " + loss);
    }
  }
}
