package org.hypergrad.engine.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
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
 * Steps of optimizers through learned maps, some parameters after others: sums of products over the
 * gradients, each M, then the thetas. The second loop finds the gradients in a cache, where the
 * first left them, so that memory gives each input once. What is between map and rule stays in the
 * nearest cache.
 *
 * <p>Blocks of rows are the same for any number of threads, and their sums meet in their order.
 */
final class CpuPreconditionedDescent {
  /** Floats of a block: few enough to share blocks evenly, many enough to forget their ends. */
  private static final int BLOCK = 16_384;

  /** Bytes of gradients that a cache holds between the two loops. */
  private static final long CACHED = 4L << 20;

  /** Elements that are worth a thread of their own. */
  private static final double GRAIN = 4_096;

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
    List<One> group = new ArrayList<>();
    long bytes = 0;
    for (int index = 0; index < op.parts().size(); index++) {
      One next = new One(op, dense, index);
      if (bytes > 0 && bytes + next.bytes() > CACHED) {
        step(group, refused);
        group.clear();
        bytes = 0;
      }
      group.add(next);
      bytes += next.bytes();
    }
    step(group, refused);
    for (int i = 0; i < in.length; i++) {
      if (dense[i] != in[i] && op.changes(i)) {
        in[i].assign(dense[i]);
      }
    }
  }

  private void step(List<One> group, Tensor refused) {
    forEachBlock(group, One::addUp);
    List<One> moving = new ArrayList<>();
    for (One one : group) {
      boolean moves = one.moveFactor();
      refused
          .segment()
          .setAtIndex(ValueLayout.JAVA_INT, refused.offset() + one.index, moves ? 0 : 1);
      if (moves) {
        moving.add(one);
      }
    }
    forEachBlock(moving, One::step);
  }

  private interface Block {
    void run(One one, int block);
  }

  /** Each thread takes neighbouring blocks, as many as the others. */
  private void forEachBlock(List<One> group, Block work) {
    int blocks = group.stream().mapToInt(One::blocks).sum();
    ThreadTeam threads = team.get();
    int shares = Math.min(threads.threads(), blocks);
    long elements = group.stream().mapToLong(One::bytes).sum() / Float.BYTES;
    threads.run(
        shares,
        shares * GRAIN / Math.max(1, elements),
        (fromShare, toShare) -> {
          int from = (int) (fromShare * blocks / shares);
          int to = (int) (toShare * blocks / shares);
          int start = 0;
          for (One one : group) {
            int end = Math.min(to - start, one.blocks());
            for (int block = Math.max(0, from - start); block < end; block++) {
              work.run(one, block);
            }
            start += one.blocks();
          }
        });
  }

  /** One parameter's step. */
  private final class One {
    private final PreconditionedDescend op;
    private final int index;
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

    /** For each block, g^T g' [k, k], if that is asked for, and |g|^2. */
    private final double[][] sums;

    private float[] spread;

    One(PreconditionedDescend op, Tensor[] in, int index) {
      this.op = op;
      this.index = index;
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
      int chunk = loops.rowsAtOnce();
      blockRows = Math.max(1, BLOCK / factor.size() / chunk) * chunk;
      sums = new double[Math.toIntExact(Math.ceilDiv(rows, blockRows))][];
    }

    int blocks() {
      return sums.length;
    }

    long bytes() {
      return rows * factor.size() * Float.BYTES;
    }

    private static Rows rows(Tensor tensor) {
      return Rows.of(tensor.segment(), tensor.offset() * Float.BYTES);
    }

    private int count(int block) {
      return (int) Math.min(blockRows, rows - (long) block * blockRows);
    }

    void addUp(int block) {
      int size = factor.size() * factor.size();
      double[] own = new double[size + 1];
      long from = (long) block * blockRows;
      own[size] =
          part.learns()
              ? loops.products(g, previous, from, count(block), own, scratch.get())
              : loops.squares(g, from, count(block), scratch.get());
      sums[block] = own;
    }

    /** Moves M; or changes nothing and gives false. */
    boolean moveFactor() {
      int size = factor.size() * factor.size();
      double[] total = new double[size + 1];
      for (double[] some : sums) {
        for (int i = 0; i < total.length; i++) {
          total[i] += some[i];
        }
      }
      double[] before = factor.map();
      boolean sound = !part.learns() || factor.move(total);
      double[] map = op.factorFirst() ? factor.map() : before;
      if (!sound || !Factor.reaches(total[size], map)) {
        return false;
      }
      factor.store();
      spread = loops.spread(map);
      return true;
    }

    void step(int block) {
      MapLoops.Scratch own = scratch.get();
      MemorySegment[] operands = segments.clone();
      operands[1] = own.mapped();
      long[] offsets = new long[at.length];
      DescentRule rule = op.rule().withoutWeightDecay();
      int count = count(block);
      for (int done = 0; done < count; done += loops.rowsAtOnce()) {
        long row = (long) block * blockRows + done;
        int some = Math.min(loops.rowsAtOnce(), count - done);
        loops.map(g, row, some, spread, op.keepsGradient() ? previous : null, own);
        for (int i = 0; i < offsets.length; i++) {
          offsets[i] = i == 1 ? 0 : at[i] + row * factor.size() * Float.BYTES;
        }
        descent.run(rule, part.numbers(), operands, offsets, (long) some * factor.size());
      }
    }
  }
}
