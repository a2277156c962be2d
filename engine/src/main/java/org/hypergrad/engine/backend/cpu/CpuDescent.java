package org.hypergrad.engine.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.backend.cpu.loops.DescentLoops;
import org.hypergrad.engine.backend.cpu.loops.ThreadTeam;
import org.hypergrad.engine.op.Descend;
import org.hypergrad.engine.op.DescentRule;

/** Steps of optimizers: all parameters as one range of elements, shared among the threads. */
final class CpuDescent {
  /** Elements below which waking other threads costs more than it saves. */
  private static final long GRAIN = 16_384;

  private final DescentLoops loops = DescentLoops.best();
  private final Supplier<ThreadTeam> team;

  CpuDescent(Supplier<ThreadTeam> team) {
    this.team = team;
  }

  /** One parameter with its operands; theta and states lie contiguous. */
  private record Part(Descend.Part numbers, MemorySegment[] segments, long[] at, long count) {}

  /** Operands that lie otherwise are copied, and copied back. */
  void descend(Descend op, Tensor[] in) {
    Tensor[] dense = new Tensor[in.length];
    for (int i = 0; i < in.length; i++) {
      dense[i] = in[i].contiguous();
    }
    Part[] parts = new Part[op.parts().size()];
    long total = 0;
    for (int p = 0; p < parts.length; p++) {
      parts[p] = part(op, dense, p);
      total += parts[p].count;
    }
    team.get().run(total, GRAIN, (from, to) -> run(op.rule(), parts, from, to));
    for (int i = 0; i < in.length; i++) {
      if (dense[i] != in[i] && i % op.stride() != 1) {
        in[i].assign(dense[i]);
      }
    }
  }

  private static Part part(Descend op, Tensor[] in, int index) {
    int first = index * op.stride();
    int next = first + 2;
    MemorySegment[] segments = new MemorySegment[2 + DescentRule.STATES];
    long[] at = new long[segments.length];
    for (int operand = 0; operand < segments.length; operand++) {
      if (operand < 2 || op.rule().has(operand - 2)) {
        Tensor tensor = operand < 2 ? in[first + operand] : in[next++];
        segments[operand] = tensor.segment();
        at[operand] = tensor.offset() * Float.BYTES;
      }
    }
    return new Part(op.parts().get(index), segments, at, in[first].count());
  }

  /** Elements [from, to) of all parts, one after another. */
  private void run(DescentRule rule, Part[] parts, long from, long to) {
    long start = 0;
    for (Part part : parts) {
      long first = Math.max(from, start);
      long last = Math.min(to, start + part.count);
      if (first < last) {
        long[] at = new long[part.at.length];
        for (int i = 0; i < at.length; i++) {
          at[i] = part.at[i] + (first - start) * Float.BYTES;
        }
        loops.run(rule, part.numbers, part.segments, at, last - first);
      }
      start += part.count;
    }
  }
}
