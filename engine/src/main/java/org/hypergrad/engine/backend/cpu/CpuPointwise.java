package org.hypergrad.engine.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Supplier;
import org.hypergrad.engine.Elements;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.backend.cpu.loops.FloatLoop;
import org.hypergrad.engine.backend.cpu.loops.FloatLoops;
import org.hypergrad.engine.backend.cpu.loops.ThreadTeam;
import org.hypergrad.engine.backend.cpu.loops.Walk;
import org.hypergrad.engine.op.Binary;
import org.hypergrad.engine.op.Unary;
import org.hypergrad.engine.op.UnaryKind;

/** Point-wise functions and copies, by loops over all threads. */
final class CpuPointwise {
  /** Elements below which waking other threads costs more than it saves. */
  private static final long CHEAP = 32_768;

  private static final long DEAR = 4_096;

  /** Copies bits: the type of the loop does not matter, as no arithmetic touches them. */
  private static final FloatLoop COPY =
      (segments, at, repeated, count, a, b) -> {
        if (repeated[1]) {
          int bits = segments[1].get(ValueLayout.JAVA_INT, at[1] * 4);
          for (long i = 0; i < count; i++) {
            segments[0].set(ValueLayout.JAVA_INT, (at[0] + i) * 4, bits);
          }
        } else {
          MemorySegment.copy(segments[1], at[1] * 4, segments[0], at[0] * 4, count * 4);
        }
      };

  private final FloatLoops loops = FloatLoops.best();
  private final Supplier<ThreadTeam> team;

  CpuPointwise(Supplier<ThreadTeam> team) {
    this.team = team;
  }

  private static long grain(UnaryKind kind) {
    return switch (kind) {
      case NEG, ABS, SQUARE, RECIPROCAL, SQRT, RELU, LEAKY_RELU, HARD_SHRINK, CLAMP -> CHEAP;
      case ADD_SCALAR, MUL_SCALAR -> CHEAP;
      case EXP, LOG, SIN, COS, TANH, SIGMOID, GELU, GELU_TANH, SOFTPLUS, POW -> DEAR;
    };
  }

  void unary(Unary op, Tensor x, Tensor y) {
    Walk.of(y, x)
        .run(team.get(), grain(op.kind()), loops.unary(op.kind()), (float) op.a(), (float) op.b());
  }

  void unaryGradient(Unary.Gradient op, Tensor[] in, Tensor dx) {
    Walk.of(dx, in[0], in[in.length - 1])
        .run(
            team.get(),
            grain(op.kind()),
            loops.unaryGradient(op.kind()),
            (float) op.a(),
            (float) op.b());
  }

  void binary(Binary op, Tensor x, Tensor y, Tensor z) {
    Walk.of(z, x, y).run(team.get(), CHEAP, loops.binary(op.kind()), 0, 0);
  }

  void binaryGradient(Binary.Gradient op, Tensor[] in, Tensor out) {
    Walk.of(out, in[0], in[1], in[2])
        .run(team.get(), CHEAP, loops.binaryGradient(op.kind(), op.second()), 0, 0);
  }

  /** Whether {@link #copy} serves: elements of four bytes, a target without gaps inside. */
  static boolean copies(Tensor source, Tensor target) {
    return source.dtype().bytes() == 4 && target.isContiguous();
  }

  void copy(Tensor source, Tensor target) {
    Walk.of(target, source).run(team.get(), CHEAP, COPY, 0, 0);
  }

  /** Sets every element of a contiguous tensor: a small piece, then copies of ever larger ones. */
  static void fill(Tensor target, double value) {
    long bytes = target.count() * target.dtype().bytes();
    MemorySegment all = target.segment().asSlice(target.offset() * target.dtype().bytes(), bytes);
    if (value == 0 && Double.doubleToRawLongBits(value) == 0) {
      all.fill((byte) 0);
      return;
    }
    long done = Math.min(target.count(), 16);
    for (long i = 0; i < done; i++) {
      Elements.set(target.dtype(), all, i, value);
    }
    for (done *= target.dtype().bytes(); done < bytes; done *= 2) {
      MemorySegment.copy(all, 0, all, done, Math.min(done, bytes - done));
    }
  }
}
