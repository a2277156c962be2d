package org.hypergrad.kernels;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A device's memory by size class, used again instead of freed.
 *
 * <p>A block that was given back on a stream is for that stream's next request at once, since what
 * is queued there later runs later. Another stream gets it too, but first is made to wait for an
 * event that marks the end of what the first stream holds then; nobody waits on the host.
 *
 * <p>There are four size classes to an octave, so that blocks are at most a quarter larger than
 * asked for. What is cached never exceeds the most that was ever live (or 64 MiB); beyond that, the
 * classes left unused longest are freed. If a request would pass the cap, or the driver refuses it,
 * all that is cached is freed and the request tried once more.
 *
 * <p>What is taken while a stream is captured is the graph's, and counts as live until that is
 * closed.
 *
 * <p>In a context opened with the system property {@code hypergrad.poison} memory that is used
 * again is filled with NaN. With {@code hypergrad.cuda.debug} nothing is cached and each block has
 * exactly the bytes asked for, so that a checker below the driver sees each use outside or after.
 *
 * <p>Safe for use by several threads.
 */
public final class DevicePool {
  private static final long SMALLEST = 256;
  private static final long ALWAYS_CACHED = 64L << 20;
  private static final long ABSURD = 1L << 60;
  private static final byte POISON = (byte) 0xFF;

  /** Blocks of one size, given back on one stream; null for those that any stream may use. */
  private record Shelf(CudaStream stream, long size) {}

  private final DeviceHeap heap;
  private final boolean exact;
  private final boolean poisoned;

  /** Addresses of free blocks; the map's order is that of last use. */
  private final LinkedHashMap<Shelf, ArrayDeque<Long>> free = new LinkedHashMap<>(64, 0.75f, true);

  private final Set<DeviceMemory> used = Collections.newSetFromMap(new IdentityHashMap<>());
  private long live;
  private long cached;
  private long peakLive;
  private long cap;

  /** Streams that are captured now. */
  private int captures;

  /**
   * A pool over a heap.
   *
   * @param exact whether blocks have exactly the bytes asked for and are not cached
   * @param poisoned whether memory that is used again is filled with NaN
   */
  DevicePool(DeviceHeap heap, boolean exact, boolean poisoned) {
    this.heap = heap;
    this.exact = exact;
    this.poisoned = poisoned;
    this.cap = heap.capacity();
  }

  /**
   * A block for work on a stream, its content undefined.
   *
   * @param purpose what it is for, in errors and in the list of leaks
   * @param bytes 0 or more; a block of 0 bytes has an address too
   * @throws DeviceMemoryException if the cap or the device does not allow it, even with an empty
   *     cache
   */
  public synchronized DeviceMemory allocate(String purpose, long bytes, CudaStream stream) {
    if (bytes < 0) {
      throw new CudaException(
          "cuMemAlloc", CudaException.REFUSED, purpose + ": negative size; got " + bytes);
    }
    if (bytes > ABSURD) {
      throw outOfMemory(purpose, bytes);
    }
    long size = exact ? Math.max(1, bytes) : sizeClass(bytes);
    DeviceReserve reserve = stream.reserve();
    long reserved = reserve == null ? 0 : reserve.take(size);
    long cachedAddress = reserve == null ? reuse(size, stream) : reserved;
    long address = cachedAddress == 0 ? fresh(size) : cachedAddress;
    if (address == 0) {
      throw outOfMemory(purpose, bytes);
    }
    live += reserved == 0 ? size : 0;
    peakLive = Math.max(peakLive, live);
    DeviceMemory memory = new DeviceMemory(this, stream, purpose, address, bytes, size, reserve);
    used.add(memory);
    if (cachedAddress != 0 && poisoned) {
      poison(memory);
    }
    return memory;
  }

  private void poison(DeviceMemory memory) {
    try {
      heap.fill(memory.address(), POISON, memory.capacity(), memory.stream());
    } catch (CudaException failure) {
      memory.close();
      throw failure;
    }
  }

  private DeviceMemoryException outOfMemory(String purpose, long bytes) {
    return new DeviceMemoryException(heap.name(), purpose, bytes, stats(), heap.free());
  }

  /** A cached block, or 0: of the stream itself if there is one, else of any. */
  private long reuse(long size, CudaStream stream) {
    long address = take(new Shelf(stream, size));
    if (address == 0) {
      address = take(new Shelf(null, size));
    }
    if (address != 0) {
      return address;
    }
    Shelf other = null;
    for (Map.Entry<Shelf, ArrayDeque<Long>> shelf : free.entrySet()) {
      if (shelf.getKey().size == size && !shelf.getValue().isEmpty()) {
        other = shelf.getKey();
        break;
      }
    }
    if (other == null) {
      return 0;
    }
    heap.order(other.stream, stream);
    return take(other);
  }

  private long take(Shelf shelf) {
    ArrayDeque<Long> blocks = free.get(shelf);
    if (blocks == null || blocks.isEmpty()) {
      return 0;
    }
    cached -= shelf.size;
    return blocks.removeLast();
  }

  /** A block from the driver, or 0 if there is none even with an empty cache. */
  private long fresh(long size) {
    if (size > cap - live - cached) {
      trim();
    }
    if (size > cap - live) {
      return 0;
    }
    long address = heap.allocate(size);
    if (address == 0) {
      trim();
      address = heap.allocate(size);
    }
    return address;
  }

  /**
   * Takes a block back whose last use is queued on this stream. Work on other streams that uses it
   * must be ordered before.
   *
   * @throws CudaException if it was given back already, or came from another pool
   */
  public synchronized void release(DeviceMemory memory, CudaStream lastUse) {
    if (memory.pool() != this) {
      throw new CudaException(
          "cuMemFree", CudaException.REFUSED, memory + " is of another pool than " + heap.name());
    }
    if (memory.isReleased()) {
      throw new CudaException(
          "cuMemFree", CudaException.REFUSED, memory + " was given back already");
    }
    long address = memory.address();
    long size = memory.capacity();
    memory.markReleased();
    used.remove(memory);
    if (memory.reserve() != null && memory.reserve().isOpen()) {
      memory.reserve().give(size, address);
      return;
    }
    free(address, size, lastUse);
  }

  /** Makes a block of those in use one of those that are cached. */
  private void free(long address, long size, CudaStream lastUse) {
    live -= size;
    cached += size;
    // What was queued on a stream that is closed is done.
    CudaStream user = lastUse.isClosed() ? null : lastUse;
    free.computeIfAbsent(new Shelf(user, size), s -> new ArrayDeque<>()).addLast(address);
    long limit = exact ? 0 : Math.max(peakLive, ALWAYS_CACHED);
    if (cached > limit) {
      shrink(limit);
    }
  }

  /** Nothing is waited for, and so nothing freed, until {@link #endCapture}. */
  synchronized void beginCapture() {
    captures++;
  }

  synchronized void endCapture() {
    captures--;
  }

  /** What is free of a reserve comes to be cached; what is in use will, when it is given back. */
  synchronized void retire(DeviceReserve reserve) {
    reserve.drain((address, size) -> free(address, size, reserve.stream()));
  }

  /** Waits for all work and frees every cached block; returns the bytes freed. */
  public synchronized long trim() {
    long before = cached;
    shrink(0);
    return before - cached;
  }

  private void shrink(long limit) {
    if (cached <= limit || heap.isStopped() || captures > 0) {
      return;
    }
    heap.settle();
    Iterator<Map.Entry<Shelf, ArrayDeque<Long>>> shelves = free.entrySet().iterator();
    while (cached > limit && shelves.hasNext()) {
      Map.Entry<Shelf, ArrayDeque<Long>> shelf = shelves.next();
      while (cached > limit && !shelf.getValue().isEmpty()) {
        heap.free(shelf.getValue().getFirst());
        shelf.getValue().removeFirst();
        cached -= shelf.getKey().size;
      }
      if (shelf.getValue().isEmpty()) {
        shelves.remove();
      }
    }
  }

  /** What a stream whose work is done had cached is for any stream from now on. */
  synchronized void retire(CudaStream stream) {
    stream.refuse();
    List<Shelf> shelves = free.keySet().stream().filter(shelf -> shelf.stream == stream).toList();
    for (Shelf shelf : shelves) {
      ArrayDeque<Long> blocks = free.remove(shelf);
      free.computeIfAbsent(new Shelf(null, shelf.size), s -> new ArrayDeque<>()).addAll(blocks);
    }
  }

  /**
   * Sets the limit on live and cached bytes together; cached blocks are freed as far as needed.
   *
   * @throws CudaException if more than that is live
   */
  public synchronized void setCap(long bytes) {
    if (bytes < live) {
      throw new CudaException(
          "memory cap",
          CudaException.REFUSED,
          "below what is live; got " + bytes + " bytes; expected at least " + live);
    }
    cap = bytes;
    shrink(bytes - live);
  }

  public synchronized PoolStats stats() {
    return new PoolStats(live, used.size(), cached, peakLive, cap);
  }

  /** Starts the peak anew from what is live now. */
  public synchronized void resetPeak() {
    peakLive = live;
  }

  /** Frees everything, what is in use too; returns the list of what was, empty if nothing. */
  synchronized String close() {
    String leaks =
        used.isEmpty()
            ? ""
            : used.size()
                + " blocks, "
                + live
                + " bytes: "
                + used.stream()
                    .map(DeviceMemory::toString)
                    .sorted()
                    .collect(Collectors.joining(", "));
    for (DeviceMemory memory : new ArrayList<>(used)) {
      release(memory, memory.stream());
    }
    trim();
    return leaks;
  }

  /** The smallest of 2^k * {4, 5, 6, 7} / 4 that holds {@code bytes}, and at least 256. */
  static long sizeClass(long bytes) {
    if (bytes <= SMALLEST) {
      return SMALLEST;
    }
    long step = Math.max(SMALLEST, Long.highestOneBit(bytes - 1) / 4);
    return Math.ceilDiv(bytes, step) * step;
  }
}
