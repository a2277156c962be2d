package org.hypergrad.kernels;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Addresses without memory behind them, and a log of what a pool asked for. */
final class FakeHeap implements DeviceHeap {
  final Map<Long, Long> blocks = new HashMap<>();
  final List<String> log = new ArrayList<>();
  long capacity;
  long refuseFrom = Long.MAX_VALUE;
  long refuseOnly = -1;
  boolean stopped;
  private long calls;
  private long next = 0x7_0000_0000L;

  FakeHeap(long capacity) {
    this.capacity = capacity;
  }

  @Override
  public String name() {
    return "fake:0";
  }

  @Override
  public long allocate(long bytes) {
    calls++;
    if (calls >= refuseFrom || calls == refuseOnly || bytes > free()) {
      log.add("refuse " + bytes);
      return 0;
    }
    log.add("allocate " + bytes);
    long address = next;
    next += Math.ceilDiv(bytes, 256) * 256;
    blocks.put(address, bytes);
    return address;
  }

  @Override
  public void free(long address) {
    Long bytes = blocks.remove(address);
    if (bytes == null) {
      throw new AssertionError("freed what is not there");
    }
    log.add("free " + bytes);
  }

  @Override
  public void fill(long address, byte value, long bytes, CudaStream stream) {
    log.add("fill " + bytes);
  }

  @Override
  public void order(CudaStream before, CudaStream after) {
    log.add("order");
  }

  @Override
  public void settle() {
    log.add("settle");
  }

  @Override
  public boolean isStopped() {
    return stopped;
  }

  @Override
  public long free() {
    return capacity - blocks.values().stream().mapToLong(Long::longValue).sum();
  }

  @Override
  public long capacity() {
    return capacity;
  }
}
