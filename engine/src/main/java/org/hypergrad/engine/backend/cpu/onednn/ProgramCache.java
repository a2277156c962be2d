package org.hypergrad.engine.backend.cpu.onednn;

import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Programs by what they compute. A call takes one out for its own use, so that several threads run
 * at once, each on a program of its own. Idle programs are closed, those unused for longest first,
 * once there are too many or all programs together keep too many bytes.
 */
public final class ProgramCache implements AutoCloseable {
  private static final int PROGRAMS = 256;
  private static final long BYTES = 1L << 30;

  /**
   * Multiplications with additions, below which one thread is faster: to wake the others, and to
   * meet again, takes them as long as so many.
   */
  private static final long SMALL = 16L << 20;

  private final OneDnn library;
  private final int mostPrograms;
  private final long mostBytes;
  private final LinkedHashMap<Key, ArrayDeque<Program>> idle = new LinkedHashMap<>(64, 0.75f, true);
  private int idleCount;
  private long bytes;

  /** A plan may depend on the number of threads. */
  private record Key(Object operation, int threads) {}

  public ProgramCache() {
    this(OneDnn.get());
  }

  ProgramCache(OneDnn library) {
    this(library, PROGRAMS, BYTES);
  }

  ProgramCache(OneDnn library, int mostPrograms, long mostBytes) {
    this.library = library;
    this.mostPrograms = mostPrograms;
    this.mostBytes = mostBytes;
  }

  /**
   * Runs the program of an operation.
   *
   * @param operation what is computed, with extents and layouts
   * @param work multiplications with additions
   * @param most threads to share large work among
   * @param plan of a program that is not there yet
   * @param addresses of the operands, in the order of the plan
   */
  void run(
      Object operation, long work, int most, Consumer<Program.Builder> plan, long... addresses) {
    int threads = work < SMALL ? 1 : most;
    library.useThreads(threads);
    Key key = new Key(operation, threads);
    Program program = take(key);
    if (program == null) {
      Program.Builder builder = new Program.Builder(library, operation);
      try {
        plan.accept(builder);
      } catch (RuntimeException | Error failure) {
        builder.build().close();
        throw failure;
      }
      program = builder.build();
      count(program.bytes());
    }
    try {
      program.run(addresses);
    } finally {
      giveBack(key, program);
    }
  }

  private synchronized Program take(Key key) {
    ArrayDeque<Program> programs = idle.get(key);
    Program program = programs == null ? null : programs.pollLast();
    idleCount -= program == null ? 0 : 1;
    return program;
  }

  private synchronized void count(long more) {
    bytes += more;
  }

  private synchronized void giveBack(Key key, Program program) {
    idle.computeIfAbsent(key, k -> new ArrayDeque<>()).addLast(program);
    idleCount++;
    shrink(mostPrograms, mostBytes);
  }

  private void shrink(int programLimit, long byteLimit) {
    Iterator<Map.Entry<Key, ArrayDeque<Program>>> oldest = idle.entrySet().iterator();
    while ((idleCount > programLimit || bytes > byteLimit) && oldest.hasNext()) {
      ArrayDeque<Program> programs = oldest.next().getValue();
      while ((idleCount > programLimit || bytes > byteLimit) && !programs.isEmpty()) {
        Program program = programs.pollFirst();
        bytes -= program.bytes();
        idleCount--;
        program.close();
      }
      if (programs.isEmpty()) {
        oldest.remove();
      }
    }
  }

  /** Bytes of scratchpads and reordered operands that the programs keep. */
  public synchronized long bytes() {
    return bytes;
  }

  /** Closes every idle program. */
  @Override
  public synchronized void close() {
    shrink(0, 0);
  }
}
