package org.hypergrad.kernels;

/**
 * How many threads a kernel runs in.
 *
 * @param gridX blocks along x; likewise y and z
 * @param blockX threads of a block along x; likewise y and z
 * @param sharedBytes dynamic shared memory of a block
 */
public record LaunchShape(
    int gridX, int gridY, int gridZ, int blockX, int blockY, int blockZ, int sharedBytes) {
  /** How often the device's resident threads fit into the largest grid of {@link #over}. */
  private static final int WAVES = 4;

  /** A line of blocks without dynamic shared memory. */
  public static LaunchShape line(int blocks, int threads) {
    return new LaunchShape(blocks, 1, 1, threads, 1, 1, 0);
  }

  /**
   * A line of blocks for a kernel that loops over {@code elements}: a thread each, but no more
   * blocks than keep the device busy, and at least one.
   */
  public static LaunchShape over(long elements, int threads, DeviceLimits limits) {
    long enough =
        (long) WAVES * limits.multiprocessors() * (limits.threadsPerMultiprocessor() / threads);
    long blocks = Math.ceilDiv(elements, threads);
    return line((int) Math.max(1, Math.min(blocks, enough)), threads);
  }

  /** Threads of a block. */
  public long threads() {
    return (long) blockX * blockY * blockZ;
  }

  /**
   * Why a kernel cannot run so, or null if it can.
   *
   * @param kernelThreads most threads of a block that the kernel was compiled for
   * @param staticShared shared bytes of a block that the kernel declares itself
   */
  String problem(DeviceLimits limits, int kernelThreads, int staticShared) {
    String problem = outside("grid x", gridX, limits.gridX());
    problem = problem == null ? outside("grid y", gridY, limits.gridY()) : problem;
    problem = problem == null ? outside("grid z", gridZ, limits.gridZ()) : problem;
    problem = problem == null ? outside("block x", blockX, limits.blockX()) : problem;
    problem = problem == null ? outside("block y", blockY, limits.blockY()) : problem;
    problem = problem == null ? outside("block z", blockZ, limits.blockZ()) : problem;
    if (problem != null) {
      return problem;
    }
    int threads = Math.min(limits.threadsPerBlock(), kernelThreads);
    if (threads() > threads) {
      return "too many threads in a block; got " + threads() + "; expected at most " + threads;
    }
    if (sharedBytes < 0 || sharedBytes > limits.sharedBytes() - staticShared) {
      return "shared memory of a block out of range; got "
          + sharedBytes
          + " bytes beside the kernel's own "
          + staticShared
          + "; expected at most "
          + limits.sharedBytes()
          + " in all";
    }
    return null;
  }

  private static String outside(String what, int got, int most) {
    return got >= 1 && got <= most
        ? null
        : what + " out of range; got " + got + "; expected 1 to " + most;
  }

  @Override
  public String toString() {
    return "<<<("
        + gridX
        + ", "
        + gridY
        + ", "
        + gridZ
        + "), ("
        + blockX
        + ", "
        + blockY
        + ", "
        + blockZ
        + "), "
        + sharedBytes
        + " shared bytes>>>";
  }
}
