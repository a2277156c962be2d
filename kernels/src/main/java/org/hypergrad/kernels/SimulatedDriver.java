package org.hypergrad.kernels;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The simulated device in place of NVIDIA's driver, and what only it can tell. It is chosen only by
 * name: the system property {@value #PROPERTY} names the folder of its {@code libcuda.so.1}, which
 * then is the driver of this process.
 *
 * <p>The calls here are for tests; they throw {@link IllegalStateException} where the driver is not
 * the simulator.
 */
public final class SimulatedDriver {
  /** System property that names the simulator's folder. */
  public static final String PROPERTY = "hypergrad.simulator";

  private static final String LIBRARY = "libcuda.so.1";

  private static volatile SymbolLookup symbols;

  private SimulatedDriver() {}

  /**
   * Loads the simulator if the property asks for it. JCuda's natives, loaded later, find the driver
   * by the name that it bears.
   *
   * @throws CudaException if its library is not there
   */
  @SuppressWarnings("restricted")
  static synchronized void loadIfNamed() {
    if (!isNamed() || symbols != null) {
      return;
    }
    if (!problem().isEmpty()) {
      throw new CudaException("cuInit", CudaException.REFUSED, problem());
    }
    Path library = library();
    System.load(library.toString());
    symbols = SymbolLookup.libraryLookup(library, Arena.global());
  }

  private static Path library() {
    return folder().resolve(LIBRARY);
  }

  /** Why the simulator cannot be the driver of this process; empty if it can. Never throws. */
  public static String problem() {
    if (!isNamed()) {
      return "no simulator is named; expected " + PROPERTY + "=<folder> at the start";
    }
    return Files.isRegularFile(library())
        ? ""
        : "no simulator; got "
            + PROPERTY
            + "="
            + System.getProperty(PROPERTY)
            + "; expected "
            + LIBRARY
            + " in it";
  }

  /** Whether this process was started to run on the simulator; nothing is loaded by asking. */
  public static boolean isNamed() {
    return System.getProperty(PROPERTY) != null;
  }

  /** The folder of the simulator's libraries, or null if nobody asked for it. */
  static Path folder() {
    return isNamed() ? Path.of(System.getProperty(PROPERTY)).toAbsolutePath() : null;
  }

  /** Whether the driver of this process is the simulator. */
  public static boolean isLoaded() {
    return symbols != null;
  }

  /** The first fault since the start or the last reset, in words; empty if there was none. */
  public static String firstFault() {
    return text("simulator_first_fault");
  }

  /** Comma-separated values: a header, then a line per launch with what it cost. */
  public static String log() {
    return text("simulator_log");
  }

  /** What was not given back to the driver, one per line. */
  public static String leaks() {
    return text("simulator_leaks");
  }

  /** Forgets faults, failures to come, queued work and the log. */
  public static void reset() {
    call("simulator_reset");
  }

  /** Forgets the log. */
  public static void clearLog() {
    call("simulator_log_clear");
  }

  /**
   * Makes calls fail: comma-separated rules {@code alloc:3} (the third from now), {@code copy:2+}
   * (from the second on), for alloc, host, copy, launch, kernel, blas and dnn; empty for none.
   */
  @SuppressWarnings("restricted")
  public static void fail(String rules) {
    try (Arena arena = Arena.ofConfined()) {
      int status =
          (int)
              Linker.nativeLinker()
                  .downcallHandle(
                      symbol("simulator_fail"),
                      FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS))
                  .invokeExact(arena.allocateFrom(rules));
      if (status != 0) {
        throw new IllegalArgumentException("cannot read the rules " + rules);
      }
    } catch (RuntimeException failure) {
      throw failure;
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }

  @SuppressWarnings("restricted")
  private static void call(String function) {
    try {
      Linker.nativeLinker()
          .downcallHandle(symbol(function), FunctionDescriptor.ofVoid())
          .invokeExact();
    } catch (RuntimeException failure) {
      throw failure;
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }

  /** Calls {@code size_t function(char* buffer, size_t capacity)}: how long, then the text. */
  @SuppressWarnings("restricted")
  private static String text(String function) {
    try (Arena arena = Arena.ofConfined()) {
      var handle =
          Linker.nativeLinker()
              .downcallHandle(
                  symbol(function),
                  FunctionDescriptor.of(
                      ValueLayout.JAVA_LONG, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
      long capacity = (long) handle.invokeExact(MemorySegment.NULL, 0L);
      MemorySegment buffer = arena.allocate(capacity);
      long needed = (long) handle.invokeExact(buffer, capacity);
      assert needed >= 1 : "the size counts the zero at the end";
      return buffer.getString(0);
    } catch (RuntimeException failure) {
      throw failure;
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }

  private static MemorySegment symbol(String function) {
    SymbolLookup loaded = symbols;
    if (loaded == null) {
      throw new IllegalStateException("the driver of this process is not the simulator");
    }
    return loaded.findOrThrow(function);
  }
}
