package org.hypergrad.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.hypergrad.kernels.Launch;

/**
 * Prints what each kernel costs, and then what training steps do ({@link StepTable}). Of a kernel:
 * registers, shared memory and spills as ptxas reports them, and per launch what the simulated
 * device counts: 32-byte sectors against the floor (each input read once, each output written
 * once), instructions per element, bank conflicts and divergent branches.
 *
 * <p>Sectors are counted per warp and instruction, before any cache. What repeats, as the bias of a
 * broadcast or the scale of a layer norm, so counts again for each warp, though memory gives it
 * once. Rows without such an operand stay within {@value #LIMIT} of their floor, or this fails.
 */
public final class KernelTable extends KernelRuns {
  private static final int BLOCKS = 64;
  private static final int ROWS = 1024;
  private static final int COLUMNS = 256;

  /** Most that a kernel may move, as a multiple of what it must. */
  private static final double LIMIT = 1.1;

  /**
   * Rows above the limit: those with an operand that repeats, which counts again for each warp,
   * windows whose places lie in sectors that other threads or taps ask for too, and second passes,
   * which read a few states only.
   */
  private static final Set<String> ABOVE_LIMIT =
      Set.of(
          "binary_add_f32 bias",
          "fop_factor_adagrad_f32",
          "fop_factor_adam_f32",
          "fop_factor_rmsprop_f32",
          "fop_factor_sgd_f32",
          "movement_one_hot_f32",
          "movement_one_hot_i32",
          "movement_one_hot_u8",
          "normalisation_layer_f32",
          "normalisation_layer_gradient_f32",
          "normalisation_layer_parameters_f32",
          "pool_adaptive_f32 7 x 7 cells",
          "pool_adaptive_gradient_f32 7 x 7 cells",
          "pool_average_f32 2 x 2",
          "pool_average_f32 3 x 3, step 2",
          "pool_average_gradient_f32 2 x 2",
          "pool_average_gradient_f32 3 x 3, step 2",
          "pool_max_f32 2 x 2",
          "pool_max_f32 3 x 3, step 2",
          "pool_max_gradient_f32 2 x 2",
          "pool_max_gradient_f32 3 x 3, step 2",
          "reduce_argmax_finish_f32",
          "reduce_argmin_finish_f32",
          "reduce_extreme_gradient_f32",
          "reduce_log_sum_exp_finish_f32",
          "reduce_log_sum_exp_gradient_f32",
          "reduce_max_finish_f32",
          "reduce_min_finish_f32",
          "reduce_norm_finish_f32",
          "reduce_norm_gradient_f32",
          "reduce_sum_finish_f32",
          "reduce_ties_finish_f32",
          "reduce_variance_finish_f32");

  private static final Path SOURCES = Path.of("kernels/src/main/cuda");
  private static final String ARCHITECTURE = "sm_80";
  private final Map<String, String[]> resources;
  private final Set<String> aboveLimit = new TreeSet<>();

  private KernelTable(Map<String, String[]> resources) {
    this.resources = resources;
  }

  /** Takes no arguments; the system property of the simulated device must be set. */
  public static void main(String[] args) throws IOException {
    try (KernelTable table = new KernelTable(resources())) {
      System.out.printf(
          "%-46s %6s %6s %6s %9s %9s %7s %7s %9s %9s%n",
          "kernel (registers for " + ARCHITECTURE + ")",
          "regs",
          "shared",
          "spills",
          "read",
          "written",
          "sectors",
          "instr",
          "conflicts",
          "divergent");
      table.all(ROWS, COLUMNS);
      table.check();
    }
    StepTable.print();
  }

  /** The columns of {@code build --table} by kernel; empty if there is no ptxas. */
  private static Map<String, String[]> resources() throws IOException {
    Map<String, String[]> resources = new HashMap<>();
    Process table =
        new ProcessBuilder("bash", SOURCES.resolve("build").toString(), "--table")
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String lines = new String(table.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    for (String line : lines.lines().toList()) {
      String[] columns = line.split("\\s+");
      if (columns[0].equals(ARCHITECTURE)) {
        resources.put(columns[1], columns);
      }
    }
    return resources;
  }

  @Override
  int blocks() {
    return BLOCKS;
  }

  @Override
  void measure(
      String kernel,
      String title,
      int blocks,
      long read,
      long written,
      UnaryOperator<Launch> arguments) {
    LaunchLog.clear();
    launch(kernel, blocks, arguments);
    context().synchronize();
    LaunchLog.Line counts = LaunchLog.lines().getLast();
    double overFloor = (double) counts.moved() / (read + written);
    if (overFloor > LIMIT) {
      aboveLimit.add(title);
    }
    String[] columns = resources.getOrDefault(kernel, new String[] {"", "", "-", "-", "-", "-"});
    System.out.printf(
        "%-46s %6s %6s %6s %9d %9d %7.2f %7.1f %9.2f %8.1f%%%n",
        title,
        columns[2],
        columns[3],
        columns[5],
        read,
        written,
        overFloor,
        counts.count("thread_instructions") / (Math.max(read, written) / (double) Float.BYTES),
        ratio(counts.count("bank_conflicts"), counts.count("shared_accesses")),
        100 * ratio(counts.count("divergent_branches"), counts.count("branches")));
  }

  private static double ratio(long part, long whole) {
    return whole == 0 ? 0 : (double) part / whole;
  }

  /** Fails if another set of rows than the known one is above the limit. */
  private void check() {
    if (!aboveLimit.equals(ABOVE_LIMIT)) {
      throw new IllegalStateException(
          "rows above "
              + LIMIT
              + " times their floor: "
              + aboveLimit
              + "; expected "
              + ABOVE_LIMIT);
    }
  }
}
