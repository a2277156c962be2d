package org.hypergrad.engine.backend;

import java.lang.foreign.MemorySegment;
import org.hypergrad.engine.Elements;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.memory.HostMemory;
import org.hypergrad.engine.memory.Memory;
import org.hypergrad.engine.memory.MemoryPool;

/** What backends have in common whose tensors lie in the host's memory. */
public abstract class HostBackend implements Backend {
  private final Memory memory = new MemoryPool(new HostMemory());

  @Override
  public Memory memory() {
    return memory;
  }

  @Override
  public void upload(MemorySegment values, Tensor target) {
    long bytes = target.count() * target.dtype().bytes();
    MemorySegment.copy(
        values, 0, target.segment(), target.offset() * target.dtype().bytes(), bytes);
  }

  @Override
  public MemorySegment download(Tensor source) {
    long bytes = source.count() * source.dtype().bytes();
    MemorySegment values = Elements.heap(source.dtype(), source.count());
    MemorySegment.copy(
        source.segment(), source.offset() * source.dtype().bytes(), values, 0, bytes);
    return values;
  }

  @Override
  public MemorySegment read(Tensor source, long index) {
    int bytes = source.dtype().bytes();
    return source.segment().asSlice(index * bytes, bytes);
  }
}
