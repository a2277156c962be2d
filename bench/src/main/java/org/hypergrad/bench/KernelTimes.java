package org.hypergrad.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.hypergrad.kernels.CudaEvent;
import org.hypergrad.kernels.DeviceMemory;
import org.hypergrad.kernels.Launch;

/**
 * Times every kernel on a GPU, beside a copy by the driver: the median of many launches between two
 * events, each after the second-level cache was flushed by writing what does not fit in it. The
 * flush also keeps the device busy until the launch is queued, so that none waits for the host.
 *
 * <p>Bytes per second count what a kernel must move: each input read once, each result written
 * once.
 */
public final class KernelTimes extends KernelRuns {
  /** Of the operands' size; larger than any second-level cache where these are. */
  private static final int FLUSH = 4;

  private static final int THREADS = 256;

  private final int repeats;
  private final long operandBytes;
  private final DeviceMemory flush;
  private final List<Map<String, Object>> measured = new ArrayList<>();
  private double copyRate;

  private KernelTimes(int rows, int columns, int repeats) {
    this.repeats = repeats;
    operandBytes = 4L * rows * columns;
    flush = block(FLUSH * operandBytes);
  }

  /** Takes the file to write, rows and columns of a matrix, and how often to launch. */
  public static void main(String[] args) throws IOException {
    int rows = Integer.parseInt(args[1]);
    int columns = Integer.parseInt(args[2]);
    try (KernelTimes times = new KernelTimes(rows, columns, Integer.parseInt(args[3]))) {
      System.out.printf(
          "%nkernels on %s, matrices of %d x %d, median of %d launches%n",
          times.context().device().description(), rows, columns, times.repeats);
      System.out.printf("%-46s %10s %8s %8s%n", "", "us", "GB/s", "of copy");
      times.copy();
      times.all(rows, columns);
      new ObjectMapper()
          .writerWithDefaultPrettyPrinter()
          .writeValue(Path.of(args[0]).toFile(), times.measured);
    }
  }

  /** What everything is held against: reads and writes as many bytes as an operand has. */
  private void copy() {
    DeviceMemory from = block(operandBytes);
    DeviceMemory to = block(operandBytes);
    double microseconds = median(() -> stream().copy(from, to));
    copyRate = rate(2 * operandBytes, microseconds);
    report("copy by the driver", operandBytes, operandBytes, microseconds);
  }

  @Override
  int blocks() {
    return context().device().limits().multiprocessors()
        * (context().device().limits().threadsPerMultiprocessor() / THREADS);
  }

  @Override
  void measure(
      String kernel,
      String title,
      int blocks,
      long read,
      long written,
      UnaryOperator<Launch> arguments) {
    report(title, read, written, median(() -> launch(kernel, blocks, arguments)));
  }

  /** Microseconds of work on the stream. */
  private double median(Runnable work) {
    double[] times = new double[repeats];
    try (CudaEvent start = context().newTimer();
        CudaEvent end = context().newTimer()) {
      work.run();
      for (int i = 0; i < repeats; i++) {
        launch(
            "movement_fill_b32",
            l ->
                l.pointer(flush)
                    .strided(KernelRows.C, KernelRows.C)
                    .int64(flush.bytes() / Float.BYTES)
                    .int32(0));
        stream().record(start);
        work.run();
        stream().record(end);
        end.synchronize();
        times[i] = 1e3 * end.millisecondsSince(start);
      }
    }
    Arrays.sort(times);
    return times[repeats / 2];
  }

  /** GB/s. */
  private static double rate(long bytes, double microseconds) {
    return bytes / (1e3 * microseconds);
  }

  private void report(String title, long read, long written, double microseconds) {
    double rate = rate(read + written, microseconds);
    System.out.printf(
        "%-46s %10.2f %8.1f %7.1f%%%n", title, microseconds, rate, 100 * rate / copyRate);
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("kernel", title);
    row.put("read_bytes", read);
    row.put("written_bytes", written);
    row.put("microseconds", microseconds);
    row.put("gigabytes_per_second", rate);
    row.put("of_copy", rate / copyRate);
    measured.add(row);
  }
}
