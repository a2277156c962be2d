package org.hypergrad.engine.memory;

import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.error.OutOfMemoryException;

/**
 * Blocks of memory by size class, used again instead of freed.
 *
 * <p>There are four classes to an octave, so that a block is at most a quarter larger than asked
 * for, and tensors whose batch size varies share blocks. What is cached never exceeds the most that
 * was ever live (or 64 MiB); beyond that, the classes that were left unused longest are freed
 * first. So the bytes held are bounded by the work done and not by its history. If an allocation
 * would pass the cap, or the system refuses it, the whole cache is freed and the allocation tried
 * once more.
 *
 * <p>Safe for use by several threads.
 */
public final class MemoryPool implements Memory {
  private static final long SMALLEST = 64;
  private static final long ALWAYS_CACHED = 64L << 20;

  /** In every byte it makes a NaN of float32 and float64: unwritten results show. */
  private static final byte POISON = (byte) 0xFF;

  private static final boolean POISONED = Boolean.getBoolean("hypergrad.poison");

  private final MemorySource source;

  /** Free blocks by class size; the map's order is that of last use. */
  private final LinkedHashMap<Long, ArrayDeque<MemorySegment>> free =
      new LinkedHashMap<>(64, 0.75f, true);

  private long live;
  private long liveBlocks;
  private long cached;
  private long peakLive;
  private long cap;

  public MemoryPool(MemorySource source) {
    this.source = source;
    this.cap = source.capacity();
  }

  /** A block that is in use: the bytes asked for are the first of a whole size class. */
  private record InUse(MemoryPool pool, MemorySegment whole, MemorySegment segment)
      implements Block {
    @Override
    public void release() {
      pool.release(whole);
    }
  }

  @Override
  public synchronized Block allocate(String op, long bytes) {
    if (bytes > 1L << 60) {
      throw outOfMemory(op, bytes);
    }
    long size = sizeClass(bytes);
    MemorySegment block = take(size);
    if (block == null) {
      if (size > cap - live - cached) {
        trim();
      }
      if (size > cap - live) {
        throw outOfMemory(op, bytes);
      }
      block = source.allocate(size);
      if (block.equals(MemorySegment.NULL)) {
        trim();
        block = source.allocate(size);
      }
      if (block.equals(MemorySegment.NULL)) {
        throw outOfMemory(op, bytes);
      }
    }
    live += size;
    liveBlocks++;
    peakLive = Math.max(peakLive, live);
    if (POISONED) {
      block.fill(POISON);
    }
    return new InUse(this, block, size == bytes ? block : block.asSlice(0, bytes));
  }

  private OutOfMemoryException outOfMemory(String op, long bytes) {
    return new OutOfMemoryException(op, source.name(), bytes, live, cached, cap);
  }

  private MemorySegment take(long size) {
    ArrayDeque<MemorySegment> blocks = free.get(size);
    MemorySegment block = blocks == null ? null : blocks.pollLast();
    if (block != null) {
      cached -= size;
    }
    return block;
  }

  private synchronized void release(MemorySegment block) {
    long size = block.byteSize();
    if (POISONED) {
      block.fill(POISON);
    }
    live -= size;
    liveBlocks--;
    cached += size;
    free.computeIfAbsent(size, s -> new ArrayDeque<>()).addLast(block);
    if (cached > Math.max(peakLive, ALWAYS_CACHED)) {
      shrink(Math.max(peakLive, ALWAYS_CACHED));
    }
  }

  @Override
  public synchronized long trim() {
    long before = cached;
    shrink(0);
    return before;
  }

  private void shrink(long limit) {
    Iterator<Map.Entry<Long, ArrayDeque<MemorySegment>>> classes = free.entrySet().iterator();
    while (cached > limit && classes.hasNext()) {
      Map.Entry<Long, ArrayDeque<MemorySegment>> sized = classes.next();
      while (cached > limit && !sized.getValue().isEmpty()) {
        source.free(sized.getValue().pollFirst());
        cached -= sized.getKey();
      }
      if (sized.getValue().isEmpty()) {
        classes.remove();
      }
    }
  }

  @Override
  public synchronized void setCap(long bytes) {
    if (bytes < live) {
      throw new ArgumentException(
          "memory cap", "below what is live", bytes + " bytes", "cap >= " + live, "");
    }
    cap = bytes;
    shrink(bytes - live);
  }

  @Override
  public synchronized MemoryStats stats() {
    return new MemoryStats(live, liveBlocks, cached, peakLive, cap);
  }

  @Override
  public synchronized void resetPeak() {
    peakLive = live;
  }

  /** The smallest of 2^k * {4, 5, 6, 7} / 4 that holds {@code bytes}, and at least 64. */
  static long sizeClass(long bytes) {
    if (bytes <= SMALLEST) {
      return SMALLEST;
    }
    long step = Math.max(SMALLEST, Long.highestOneBit(bytes - 1) / 4);
    return (bytes + step - 1) / step * step;
  }
}
