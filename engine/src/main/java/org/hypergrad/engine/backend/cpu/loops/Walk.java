package org.hypergrad.engine.backend.cpu.loops;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;

/**
 * The way through a dense output and the operands that are broadcast to it: axes in the order of
 * the output's memory, merged where all operands allow it. The innermost axis is a run; the others
 * count runs.
 */
public final class Walk {
  /** Longest run that is computed at once when an operand must be gathered first. */
  private static final int GATHERED = 2048;

  private final MemorySegment[] segments;
  private final long[] offsets;

  /** Extents of the merged axes, outermost first; at least one. */
  private final long[] extents;

  /** Strides by tensor and merged axis. */
  private final long[][] strides;

  private Walk(Tensor[] tensors, long[] extents, long[][] strides) {
    segments = new MemorySegment[tensors.length];
    offsets = new long[tensors.length];
    for (int t = 0; t < tensors.length; t++) {
      segments[t] = tensors[t].segment();
      offsets[t] = tensors[t].offset();
    }
    this.extents = extents;
    this.strides = strides;
  }

  /** The walk over {@code out}; operands have its shape or broadcast to it. */
  public static Walk of(Tensor out, Tensor... operands) {
    Tensor[] tensors = new Tensor[operands.length + 1];
    tensors[0] = out;
    System.arraycopy(operands, 0, tensors, 1, operands.length);
    Shape shape = out.shape();
    int[] order = order(out);
    long[] extents = new long[Math.max(1, order.length)];
    long[][] strides = new long[tensors.length][extents.length];
    extents[0] = 1;
    int last = -1;
    for (int axis : order) {
      last = merge(tensors, axis, shape.rank(), shape.extent(axis), extents, strides, last);
    }
    int axes = Math.max(1, last + 1);
    for (int t = 0; t < strides.length; t++) {
      strides[t] = Arrays.copyOf(strides[t], axes);
    }
    return new Walk(tensors, Arrays.copyOf(extents, axes), strides);
  }

  /** The axes of more than one element, in the order of memory: by falling stride. */
  private static int[] order(Tensor out) {
    int[] order = new int[out.rank()];
    int count = 0;
    for (int axis = 0; axis < order.length; axis++) {
      if (out.extent(axis) != 1) {
        int place = count++;
        for (; place > 0 && out.stride(order[place - 1]) < out.stride(axis); place--) {
          order[place] = order[place - 1];
        }
        order[place] = axis;
      }
    }
    return Arrays.copyOf(order, count);
  }

  /** Adds an axis inside the ones so far, or joins it with the last. Returns the last one. */
  private static int merge(
      Tensor[] tensors,
      int axis,
      int rank,
      long extent,
      long[] extents,
      long[][] strides,
      int last) {
    boolean joins = last >= 0;
    for (int t = 0; t < tensors.length && joins; t++) {
      joins = strides[t][last] == stride(tensors[t], axis, rank) * extent;
    }
    int target = joins ? last : last + 1;
    extents[target] = joins ? extents[target] * extent : extent;
    for (int t = 0; t < tensors.length; t++) {
      strides[t][target] = stride(tensors[t], axis, rank);
    }
    return target;
  }

  /** Stride of a broadcast tensor along an axis of the output. */
  private static long stride(Tensor tensor, int axis, int rank) {
    int own = axis - (rank - tensor.rank());
    return own < 0 || tensor.extent(own) == 1 ? 0 : tensor.stride(own);
  }

  /** Computes the whole output. */
  public void run(ThreadTeam team, long grain, FloatLoop loop, float a, float b) {
    long length = extents[extents.length - 1];
    long count = length;
    for (int axis = 0; axis < extents.length - 1; axis++) {
      count *= extents[axis];
    }
    team.run(count, grain, (from, to) -> part(from, to, length, loop, a, b));
  }

  /** Computes the output elements [from, to), counted in the order of the walk. */
  private void part(long from, long to, long length, FloatLoop loop, float a, float b) {
    int tensors = segments.length;
    int inner = extents.length - 1;
    MemorySegment[] operands = segments.clone();
    long[] at = new long[tensors];
    long[] base = new long[tensors];
    boolean[] repeated = new boolean[tensors];
    boolean gathers = false;
    for (int t = 0; t < tensors; t++) {
      repeated[t] = t > 0 && strides[t][inner] == 0;
      gathers |= strides[t][inner] > 1 || strides[t][inner] < 0;
    }
    MemorySegment[] buffers = gathers ? buffers(inner) : null;
    for (long at0 = from; at0 < to; ) {
      long start = at0 % length;
      long run = Math.min(length - start, to - at0);
      locate(at0 / length, base);
      if (buffers == null) {
        for (int t = 0; t < tensors; t++) {
          at[t] = base[t] + start * strides[t][inner];
        }
        loop.run(operands, at, repeated, run, a, b);
      } else {
        gathered(buffers, base, start, run, repeated, loop, a, b);
      }
      at0 += run;
    }
  }

  /** The place of the first element of a run in each tensor. */
  private void locate(long run, long[] base) {
    System.arraycopy(offsets, 0, base, 0, base.length);
    long rest = run;
    for (int axis = extents.length - 2; axis >= 0; axis--) {
      long index = rest % extents[axis];
      rest /= extents[axis];
      for (int t = 0; t < base.length; t++) {
        base[t] += index * strides[t][axis];
      }
    }
  }

  private MemorySegment[] buffers(int inner) {
    MemorySegment[] buffers = new MemorySegment[segments.length];
    for (int t = 1; t < buffers.length; t++) {
      if (strides[t][inner] != 0 && strides[t][inner] != 1) {
        buffers[t] = java.lang.foreign.Arena.ofAuto().allocate(GATHERED * 4L, 64);
      }
    }
    return buffers;
  }

  /** One run, in pieces whose scattered operands are brought together first. */
  private void gathered(
      MemorySegment[] buffers,
      long[] base,
      long start,
      long run,
      boolean[] repeated,
      FloatLoop loop,
      float a,
      float b) {
    int inner = extents.length - 1;
    MemorySegment[] operands = segments.clone();
    long[] at = new long[segments.length];
    for (long done = 0; done < run; done += GATHERED) {
      long count = Math.min(GATHERED, run - done);
      for (int t = 0; t < at.length; t++) {
        at[t] = base[t] + (start + done) * strides[t][inner];
        if (buffers[t] != null) {
          for (long i = 0; i < count; i++) {
            buffers[t].set(
                ValueLayout.JAVA_FLOAT,
                i * 4,
                segments[t].get(ValueLayout.JAVA_FLOAT, (at[t] + i * strides[t][inner]) * 4));
          }
          operands[t] = buffers[t];
          at[t] = 0;
        }
      }
      loop.run(operands, at, repeated, count, a, b);
    }
  }
}
