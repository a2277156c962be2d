package org.hypergrad.nn.data;

import java.util.Iterator;
import java.util.NoSuchElementException;
import org.hypergrad.engine.error.LifetimeException;

/**
 * The batches of one epoch, in order. Used by one thread, and closed by it: at the end or at any
 * moment before.
 */
public final class Batches implements Iterator<Batch>, AutoCloseable {
  private final int count;
  private final Prefetch prefetch;
  private int batch;
  private boolean closed;

  Batches(Plan plan, int firstBatch, int threads) {
    this.count = plan.batches();
    this.batch = firstBatch;
    this.prefetch = new Prefetch(plan, firstBatch, threads);
  }

  /** Index within the epoch of the batch that {@link #next} gives. */
  public int position() {
    return batch;
  }

  @Override
  public boolean hasNext() {
    return batch < count;
  }

  /**
   * The next batch, as tensors of the current scope and device.
   *
   * @throws DataException if an example of it cannot be read or is not finite: it names the
   *     example, and the next call goes on with the batch behind
   * @throws NoSuchElementException at the end
   * @throws LifetimeException after {@link #close}, or if no scope is open
   */
  @Override
  public Batch next() {
    if (closed) {
      throw new LifetimeException("batches", "used after the end", "", "", "open the epoch again");
    }
    if (!hasNext()) {
      throw new NoSuchElementException("batch " + batch + " of " + count);
    }
    BatchBuffer buffer = prefetch.await(batch);
    Batch result;
    try {
      result = buffer.upload(batch);
    } catch (DataException bad) {
      advance();
      throw bad;
    }
    advance();
    return result;
  }

  private void advance() {
    batch++;
    prefetch.release();
  }

  /** Ends the threads and waits for them: at most for one example each. */
  @Override
  public void close() {
    closed = true;
    prefetch.close();
  }
}
