package org.hypergrad.nn.data;

import java.util.Arrays;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Fills a ring of buffers with the batches to come.
 *
 * <p>Each batch is divided into parts, which the threads claim in order; a part is claimed only
 * when its batch's buffer is free. With no threads the consumer does the same work, when it waits.
 */
final class Prefetch implements AutoCloseable {
  private final Plan plan;
  private final int parts;
  private final BatchBuffer[] ring;
  private final Thread[] threads;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition freed = lock.newCondition();
  private final Condition filled = lock.newCondition();

  // Guarded by the lock.
  /** Parts of each buffer's batch that are not filled yet. */
  private final int[] pending;

  private long nextPart;

  /** The batch that the consumer holds or waits for; those before are done with. */
  private int current;

  private volatile boolean closed;

  Prefetch(Plan plan, int firstBatch, int threads) {
    int batchSize = plan.batchSize();
    this.plan = plan;
    this.parts = Math.clamp(threads, 1, batchSize);
    this.current = firstBatch;
    this.nextPart = (long) firstBatch * parts;
    // While the consumer copies one batch, the threads have another whole one and what they share.
    int buffers = threads == 0 ? 1 : 2 + Math.ceilDiv(threads, batchSize);
    this.ring = new BatchBuffer[Math.clamp(plan.batches() - firstBatch, 1, buffers)];
    Arrays.setAll(ring, i -> new BatchBuffer(plan));
    this.pending = new int[ring.length];
    Arrays.fill(pending, parts);
    this.threads = new Thread[threads];
    for (int i = 0; i < threads; i++) {
      String name = "hypergrad-loader-" + i;
      this.threads[i] = Thread.ofPlatform().daemon().name(name).start(this::work);
    }
  }

  private void work() {
    for (long part = claim(); part >= 0; part = claim()) {
      fill(part);
    }
  }

  /** The next part as soon as its buffer is free; -1 when there is nothing left to do. */
  private long claim() {
    lock.lock();
    try {
      while (!closed && !isFinished() && nextPart / parts >= current + ring.length) {
        freed.awaitUninterruptibly();
      }
      return closed || isFinished() ? -1 : nextPart++;
    } finally {
      lock.unlock();
    }
  }

  private boolean isFinished() {
    return nextPart == (long) plan.batches() * parts;
  }

  private void fill(long part) {
    int batch = (int) (part / parts);
    long share = part % parts;
    int size = plan.size(batch);
    int stop = (int) ((share + 1) * size / parts);
    int row = (int) (share * size / parts);
    BatchBuffer buffer = ring[batch % ring.length];
    while (row < stop && !closed && buffer.read(batch, row)) {
      row++;
    }
    lock.lock();
    try {
      if (--pending[batch % ring.length] == 0) {
        filled.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /** The buffer that holds a batch, which is the current one. */
  BatchBuffer await(int batch) {
    int place = batch % ring.length;
    if (threads.length == 0 && !isFilled(place)) {
      fill(claim());
    }
    lock.lock();
    try {
      while (pending[place] > 0) {
        filled.await();
      }
    } catch (InterruptedException interrupt) {
      Thread.currentThread().interrupt();
      throw new DataException(
          "batch " + batch, "interrupted while it was awaited", "", "", "", interrupt);
    } finally {
      lock.unlock();
    }
    return ring[place];
  }

  private boolean isFilled(int place) {
    lock.lock();
    try {
      return pending[place] == 0;
    } finally {
      lock.unlock();
    }
  }

  /** Gives the current batch's buffer back. */
  void release() {
    lock.lock();
    try {
      int place = current % ring.length;
      ring[place].reset();
      pending[place] = parts;
      current++;
      freed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      freed.signalAll();
    } finally {
      lock.unlock();
    }
    boolean interrupted = false;
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        try {
          thread.join();
        } catch (InterruptedException _) {
          interrupted = true;
        }
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
