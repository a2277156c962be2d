package org.hypergrad.engine.backend;

import java.lang.foreign.MemorySegment;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Elements;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.memory.HostMemory;
import org.hypergrad.engine.memory.MemoryPool;

/** What backends have in common whose tensors lie in the host's memory. */
public abstract class HostBackend implements Backend {
  private final MemoryPool memory = new MemoryPool(new HostMemory());

  @Override
  public MemoryPool memory() {
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
    MemorySegment values = heap(source.dtype(), source.count());
    MemorySegment.copy(
        source.segment(), source.offset() * source.dtype().bytes(), values, 0, bytes);
    return values;
  }

  private static MemorySegment heap(DType dtype, long count) {
    int length = Elements.arrayLength(count);
    return switch (dtype) {
      case FLOAT32 -> MemorySegment.ofArray(new float[length]);
      case FLOAT64 -> MemorySegment.ofArray(new double[length]);
      case INT32 -> MemorySegment.ofArray(new int[length]);
      case UINT8 -> MemorySegment.ofArray(new byte[length]);
    };
  }

  @Override
  public MemorySegment read(Tensor source, long index) {
    int bytes = source.dtype().bytes();
    return source.segment().asSlice(index * bytes, bytes);
  }
}
