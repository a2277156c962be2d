package org.hypergrad.engine.backend.cpu.loops;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.hypergrad.engine.error.ArgumentException;

/**
 * A fixed team of threads that share loops: the calling thread and daemon workers. A loop is cut
 * into one part per thread, always at the same places, so that results depend on nothing but the
 * number of threads. Each takes its own part first, whose data the loop before may have left in its
 * cache, and then those that nobody began, so that nobody waits for one that is late.
 *
 * <p>Idle workers wait awake for some microseconds, since loops come in bursts, and then sleep. To
 * wake one takes longer than many a loop, so only large loops do; smaller ones are shared with
 * those that happen to be awake.
 *
 * <p>Safe for use by several threads: while the team is at work, other callers, and loops within
 * loops, run their parts one after another on their own thread.
 */
public final class ThreadTeam implements AutoCloseable {
  /** Parts begin at multiples of this, so that no two threads write to one cache line of floats. */
  private static final long ALIGNMENT = 16;

  private static final int AWAKE_NANOS = 100_000;

  /** Grains of a loop that is worth waking those who sleep. */
  private static final int LARGE = 8;

  /** A part of a loop: the indices [from, to). */
  @FunctionalInterface
  public interface Part {
    void run(long from, long to);
  }

  private final Worker[] workers;
  private final ReentrantLock atWork = new ReentrantLock();

  /** Guarded by the lock, so that no loop waits for workers that have ended. */
  private boolean closed;

  public ThreadTeam(int threads) {
    if (threads < 1) {
      throw new ArgumentException("threads", "too few", "" + threads, "threads >= 1", "");
    }
    workers = new Worker[threads - 1];
    for (int i = 0; i < workers.length; i++) {
      workers[i] = new Worker(i + 1);
    }
  }

  public int threads() {
    return workers.length + 1;
  }

  /**
   * Runs {@code part} for all of [0, count), cut into one part per thread; at once on this thread
   * if there are at most {@code grain} indices. What a part throws is thrown here, when all have
   * ended.
   *
   * @param grain indices, or a fraction of one, worth sharing with a thread that is awake:
   *     microseconds
   */
  public void run(long count, double grain, Part part) {
    if (count <= 0) {
      return;
    }
    if (workers.length == 0 || count <= grain) {
      part.run(0, count);
      return;
    }
    if (isInside() || !atWork.tryLock()) {
      runAlone(count, part);
      return;
    }
    try {
      if (closed) {
        runAlone(count, part);
      } else {
        share(count, count > LARGE * grain, part);
      }
    } finally {
      atWork.unlock();
    }
  }

  /** Whether this thread is running a part of a loop of this or another team. */
  private boolean isInside() {
    return atWork.isHeldByCurrentThread() || Worker.isCurrent();
  }

  private void runAlone(long count, Part part) {
    for (int i = 0; i < threads(); i++) {
      runPart(count, i, threads(), part);
    }
  }

  private void share(long count, boolean wakes, Part part) {
    Job job = new Job(count, threads(), part, Thread.currentThread());
    for (Worker worker : workers) {
      worker.start(job, wakes);
    }
    job.run(0);
    job.await();
    Throwable failure = job.failure;
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure instanceof RuntimeException exception) {
      throw exception;
    }
  }

  private static void runPart(long count, int index, int parts, Part part) {
    long from = bound(count, index, parts);
    long to = bound(count, index + 1, parts);
    if (from < to) {
      part.run(from, to);
    }
  }

  /** The iteration at which part {@code index} of so many begins, and the one before it ends. */
  public static long bound(long count, long index, int parts) {
    long size = Math.ceilDiv(Math.ceilDiv(count, parts), ALIGNMENT) * ALIGNMENT;
    // Few long iterations, such as rows of a matrix, are shared evenly rather than by cache lines.
    size = count < ALIGNMENT * parts ? Math.ceilDiv(count, parts) : size;
    return Math.min(count, index * size);
  }

  /**
   * Ends the workers, after the loop that they are at. Later loops run on their caller alone, at
   * the same cuts.
   *
   * @throws IllegalStateException if called from within a loop
   */
  @Override
  public void close() {
    if (isInside()) {
      throw new IllegalStateException("a team of threads is not closed from within its loops");
    }
    atWork.lock();
    try {
      closed = true;
      for (Worker worker : workers) {
        worker.end();
      }
    } finally {
      atWork.unlock();
    }
  }

  /** One shared loop. */
  private static final class Job {
    private final long count;
    private final int parts;
    private final Part part;
    private final Thread caller;

    /** 1 for each part that somebody runs or has run. */
    private final AtomicIntegerArray taken;

    private final AtomicInteger open;
    private volatile Throwable failure;

    Job(long count, int parts, Part part, Thread caller) {
      this.count = count;
      this.parts = parts;
      this.part = part;
      this.caller = caller;
      this.taken = new AtomicIntegerArray(parts);
      this.open = new AtomicInteger(parts);
    }

    /** Runs all parts that nobody took, {@code first} before others. */
    void run(int first) {
      for (int i = 0; i < parts; i++) {
        int index = (first + i) % parts;
        if (taken.getAndSet(index, 1) == 1) {
          continue;
        }
        try {
          runPart(count, index, parts, part);
        } catch (Throwable thrown) {
          failure = thrown;
        }
        if (open.decrementAndGet() == 0 && Thread.currentThread() != caller) {
          LockSupport.unpark(caller);
        }
      }
    }

    void await() {
      long deadline = System.nanoTime() + AWAKE_NANOS;
      boolean interrupted = false;
      while (open.get() != 0) {
        if (System.nanoTime() < deadline) {
          Thread.onSpinWait();
        } else {
          LockSupport.park(this);
          interrupted |= Thread.interrupted();
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static final class Worker implements Runnable {
    private static final ThreadLocal<Boolean> CURRENT = ThreadLocal.withInitial(() -> false);

    private final int index;
    private final Thread thread;
    private volatile Job job;
    private volatile boolean asleep;
    private volatile boolean ended;

    Worker(int index) {
      this.index = index;
      this.thread = Thread.ofPlatform().daemon().name("hypergrad-loop-" + index).start(this);
    }

    static boolean isCurrent() {
      return CURRENT.get();
    }

    /** Gives it a loop to share in; one that sleeps goes on sleeping, unless {@code wakes}. */
    void start(Job next, boolean wakes) {
      if (asleep && !wakes) {
        return;
      }
      job = next;
      if (asleep) {
        LockSupport.unpark(thread);
      }
    }

    /** Returns when the thread has ended; it is idle, since its team's lock is held. */
    void end() {
      ended = true;
      LockSupport.unpark(thread);
      boolean interrupted = false;
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException again) {
          interrupted = true;
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void run() {
      CURRENT.set(true);
      long deadline = System.nanoTime() + AWAKE_NANOS;
      while (!ended) {
        Job next = job;
        if (next != null) {
          job = null;
          next.run(index);
          deadline = System.nanoTime() + AWAKE_NANOS;
        } else if (System.nanoTime() < deadline) {
          Thread.onSpinWait();
        } else {
          asleep = true;
          // Who gave a job before that did not see it asleep.
          if (job == null && !ended) {
            LockSupport.park(this);
          }
          asleep = false;
          deadline = System.nanoTime() + AWAKE_NANOS;
        }
      }
    }
  }
}
