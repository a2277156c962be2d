package org.hypergrad.engine.memory;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.management.ManagementFactory;

/**
 * The C heap. Arenas would zero every block and, shared, need a handshake with all threads to
 * close; the pool above hands out and takes back blocks by itself, and tensors check their own
 * lifetime.
 */
public final class HostMemory implements MemorySource {
  /** Alignment of every block: a cache line, and the widest vector register. */
  private static final long ALIGNMENT = 64;

  private final MethodHandle malloc;
  private final MethodHandle free;

  @SuppressWarnings("restricted")
  public HostMemory() {
    Linker linker = Linker.nativeLinker();
    SymbolLookup libc = linker.defaultLookup();
    malloc =
        linker.downcallHandle(
            libc.findOrThrow("malloc"),
            FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG));
    free =
        linker.downcallHandle(
            libc.findOrThrow("free"), FunctionDescriptor.ofVoid(ValueLayout.JAVA_LONG));
  }

  @Override
  public String name() {
    return "host";
  }

  /**
   * {@inheritDoc}
   *
   * <p>malloc aligns to 16 bytes only, so a block is over-allocated; the word before the aligned
   * address holds what free() wants.
   */
  @Override
  @SuppressWarnings("restricted")
  public MemorySegment allocate(long bytes) {
    long raw;
    try {
      raw = (long) malloc.invokeExact(Math.addExact(bytes, 2 * ALIGNMENT));
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
    if (raw == 0) {
      return MemorySegment.NULL;
    }
    long aligned = (raw + 2 * ALIGNMENT - 1) & -ALIGNMENT;
    header(aligned).set(ValueLayout.JAVA_LONG, 0, raw);
    return MemorySegment.ofAddress(aligned).reinterpret(bytes);
  }

  @Override
  public void free(MemorySegment block) {
    long raw = header(block.address()).get(ValueLayout.JAVA_LONG, 0);
    try {
      free.invokeExact(raw);
    } catch (Throwable impossible) {
      throw new AssertionError(impossible);
    }
  }

  @SuppressWarnings("restricted")
  private static MemorySegment header(long aligned) {
    return MemorySegment.ofAddress(aligned - Long.BYTES).reinterpret(Long.BYTES);
  }

  /** The memory of this machine or, in a container, of the container. */
  @Override
  public long capacity() {
    return ManagementFactory.getPlatformMXBean(com.sun.management.OperatingSystemMXBean.class)
        .getTotalMemorySize();
  }
}
