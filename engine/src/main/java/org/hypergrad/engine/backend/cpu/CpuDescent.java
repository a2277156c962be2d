package org.hypergrad.engine.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.backend.cpu.loops.DescentLoops;
import org.hypergrad.engine.backend.cpu.loops.ThreadTeam;
import org.hypergrad.engine.op.Descend;
import org.hypergrad.engine.op.DescentRule;

/**
 * Steps of optimizers, of all parameters at once. Each thread takes a share of every parameter, and
 * the same in every step: of matrices these are about the rows whose gradients it made, so that
 * little goes from one core's cache to another's.
 */
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
    ThreadTeam threads = team.get();
    int shares = threads.threads();
    threads.run(
        shares,
        (double) shares * GRAIN / Math.max(1, total),
        (from, to) -> run(op.rule(), parts, from, to, shares));
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

  /** The shares [from, to) of each part. */
  private void run(DescentRule rule, Part[] parts, long from, long to, int shares) {
    long[] at = new long[2 + DescentRule.STATES];
    for (Part part : parts) {
      long first = ThreadTeam.bound(part.count, from, shares);
      long last = ThreadTeam.bound(part.count, to, shares);
      if (first < last) {
        for (int i = 0; i < at.length; i++) {
          at[i] = part.at[i] + first * Float.BYTES;
        }
        loops.run(rule, part.numbers, part.segments, at, last - first);
      }
    }
  }
}
