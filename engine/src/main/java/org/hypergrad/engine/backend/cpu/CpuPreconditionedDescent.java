package org.hypergrad.engine.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.backend.Factor;
import org.hypergrad.engine.backend.cpu.loops.DescentLoops;
import org.hypergrad.engine.backend.cpu.loops.MapLoops;
import org.hypergrad.engine.backend.cpu.loops.MapLoops.Rows;
import org.hypergrad.engine.backend.cpu.loops.ThreadTeam;
import org.hypergrad.engine.op.DescentRule;
import org.hypergrad.engine.op.PreconditionedDescend;

/**
 * Steps of optimizers through learned maps, one parameter after another: sums of products over the
 * gradients, M, then theta. The second loop finds the gradient in a cache, where the first left it,
 * so that memory gives each input once. What is between the two loops of a chunk stays in the
 * nearest cache.
 *
 * <p>Blocks of rows are the same for any number of threads, and their sums meet in their order.
 */
final class CpuPreconditionedDescent {
  /** Chunks of a block: few enough to share blocks evenly, many enough to forget their ends. */
  private static final int CHUNKS = 5;

  private final DescentLoops descent = DescentLoops.best();
  private final Map<Integer, Sized> sized = new ConcurrentHashMap<>();
  private final Supplier<ThreadTeam> team;

  CpuPreconditionedDescent(Supplier<ThreadTeam> team) {
    this.team = team;
  }

  /** What is there for rows of one size. */
  private record Sized(MapLoops loops, ThreadLocal<MapLoops.Scratch> scratch) {
    static Sized of(int k) {
      MapLoops loops = MapLoops.of(k);
      return new Sized(loops, ThreadLocal.withInitial(loops::newScratch));
    }
  }

  /** Operands that lie otherwise are copied, and copied back. */
  void descend(PreconditionedDescend op, Tensor[] in, Tensor refused) {
    Tensor[] dense = new Tensor[in.length];
    for (int i = 0; i < in.length; i++) {
      dense[i] = in[i].contiguous();
    }
    for (int index = 0; index < op.parts().size(); index++) {
      int code = new One(op, dense, index).moves() ? 0 : 1;
      refused.segment().setAtIndex(ValueLayout.JAVA_INT, refused.offset() + index, code);
    }
    for (int i = 0; i < in.length; i++) {
      if (dense[i] != in[i] && i % op.stride() != 1) {
        in[i].assign(dense[i]);
      }
    }
  }

  /** One parameter's step. */
  private final class One {
    private final PreconditionedDescend op;
    private final PreconditionedDescend.Part part;
    private final Factor factor;
    private final MapLoops loops;
    private final ThreadLocal<MapLoops.Scratch> scratch;
    private final Rows g;
    private final Rows previous;

    /** Theta, the mapped gradient, the states of the rule by place. */
    private final MemorySegment[] segments = new MemorySegment[2 + DescentRule.STATES];

    private final long[] at = new long[segments.length];
    private final long rows;
    private final int blockRows;

    One(PreconditionedDescend op, Tensor[] in, int index) {
      this.op = op;
      part = op.parts().get(index);
      factor = new Factor(op, in, index);
      int first = index * op.stride();
      int next = first + PreconditionedDescend.FIXED;
      for (int operand = 0; operand < segments.length; operand++) {
        if (operand != 1 && (operand == 0 || op.rule().has(operand - 2))) {
          Tensor tensor = operand == 0 ? in[first] : in[next++];
          segments[operand] = tensor.segment();
          at[operand] = tensor.offset() * Float.BYTES;
        }
      }
      Rows gradient = rows(in[first + 1]);
      double decay = op.rule().weightDecay();
      g = new Rows(gradient.segment(), gradient.at(), segments[0], at[0], decay);
      previous = rows(in[first + 2]);
      Sized fitting = sized.computeIfAbsent(factor.size(), Sized::of);
      loops = fitting.loops;
      scratch = fitting.scratch;
      rows = in[first].count() / factor.size();
      blockRows = CHUNKS * loops.rowsAtOnce();
    }

    private static Rows rows(Tensor tensor) {
      return Rows.of(tensor.segment(), tensor.offset() * Float.BYTES);
    }

    boolean moves() {
      double[] sums = sums();
      double squares = sums[sums.length - 1];
      double[] before = factor.map();
      boolean sound = !part.learns() || factor.move(sums);
      double[] map = op.factorFirst() ? factor.map() : before;
      if (!sound || !Factor.reaches(squares, map)) {
        return false;
      }
      factor.store();
      float[] spread = loops.spread(map);
      forEachBlock((block, from, count) -> step(from, count, spread));
      return true;
    }

    /** g^T g' [k, k], if that is asked for, and |g|^2. */
    private double[] sums() {
      int size = factor.size() * factor.size();
      double[][] partial = new double[Math.toIntExact(Math.ceilDiv(rows, blockRows))][size + 1];
      forEachBlock(
          (block, from, count) ->
              partial[block][size] =
                  part.learns()
                      ? loops.products(g, previous, from, count, partial[block], scratch.get())
                      : loops.squares(g, from, count, scratch.get()));
      double[] sums = new double[size + 1];
      for (double[] some : partial) {
        for (int i = 0; i < sums.length; i++) {
          sums[i] += some[i];
        }
      }
      return sums;
    }

    private void step(long from, int count, float[] spread) {
      MapLoops.Scratch own = scratch.get();
      MemorySegment[] operands = segments.clone();
      operands[1] = own.mapped();
      long[] offsets = new long[at.length];
      DescentRule rule = op.rule().withoutWeightDecay();
      for (int done = 0; done < count; done += loops.rowsAtOnce()) {
        long row = from + done;
        int some = Math.min(loops.rowsAtOnce(), count - done);
        loops.map(g, row, some, spread, op.keepsGradient() ? previous : null, own);
        for (int i = 0; i < offsets.length; i++) {
          offsets[i] = i == 1 ? 0 : at[i] + row * factor.size() * Float.BYTES;
        }
        descent.run(rule, part.numbers(), operands, offsets, (long) some * factor.size());
      }
    }

    private interface Block {
      void run(int block, long from, int count);
    }

    /** Each thread takes neighbouring blocks, as many as the others. */
    private void forEachBlock(Block work) {
      int blocks = Math.toIntExact(Math.ceilDiv(rows, blockRows));
      ThreadTeam threads = team.get();
      int shares = Math.min(threads.threads(), blocks);
      threads.run(
          shares,
          1,
          (fromShare, toShare) -> {
            int end = (int) (toShare * blocks / shares);
            for (int block = (int) (fromShare * blocks / shares); block < end; block++) {
              long from = (long) block * blockRows;
              work.run(block, from, (int) Math.min(blockRows, rows - from));
            }
          });
    }
  }
}
