package org.hypergrad.engine.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.Supplier;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.backend.cpu.loops.ThreadTeam;
import org.hypergrad.engine.op.Dropout;
import org.hypergrad.engine.op.RandomNormal;
import org.hypergrad.engine.op.RandomUniform;
import org.hypergrad.engine.random.Philox;

/**
 * Random numbers and dropout: four elements to a block of Philox, blocks spread over the threads.
 */
final class CpuRandom {
  private static final int BLOCK = 4;
  private static final long GRAIN = 4_096;

  private final Supplier<ThreadTeam> team;

  CpuRandom(Supplier<ThreadTeam> team) {
    this.team = team;
  }

  /** What becomes of a random block: {@code words} are those of elements first, first + 1, ... */
  @FunctionalInterface
  private interface BlockConsumer {
    void accept(long first, int count, int[] words);
  }

  private void blocks(long seed, long stream, long count, BlockConsumer consumer) {
    team.get()
        .run(
            count,
            GRAIN,
            (from, to) -> {
              int[] words = new int[BLOCK];
              // Parts begin at multiples of the block.
              for (long first = from; first < to; first += BLOCK) {
                Philox.block(seed, stream, first / BLOCK, words);
                consumer.accept(first, (int) Math.min(BLOCK, to - first), words);
              }
            });
  }

  private static void set(Tensor y, long index, float value) {
    y.segment().set(ValueLayout.JAVA_FLOAT, (y.offset() + index) * 4, value);
  }

  void uniform(RandomUniform op, Tensor y) {
    double width = op.high() - op.low();
    blocks(
        op.seed(),
        op.stream(),
        y.count(),
        (first, count, words) -> {
          for (int i = 0; i < count; i++) {
            set(y, first + i, (float) (op.low() + width * Philox.uniform(words[i])));
          }
        });
  }

  void normal(RandomNormal op, Tensor y) {
    blocks(
        op.seed(),
        op.stream(),
        y.count(),
        (first, count, words) -> {
          for (int i = 0; i < count; i++) {
            double radius = Philox.radius(words[i & 2]);
            double angle = Philox.angle(words[(i & 2) + 1]);
            float normal = (float) (radius * ((i & 1) == 0 ? Math.cos(angle) : Math.sin(angle)));
            set(y, first + i, (float) (op.mean() + op.deviation() * normal));
          }
        });
  }

  void dropout(Dropout op, Tensor input, Tensor y) {
    Tensor x = input.contiguous();
    MemorySegment from = x.segment();
    float scale = (float) op.scale();
    blocks(
        op.seed(),
        op.stream(),
        y.count(),
        (first, count, words) -> {
          for (int i = 0; i < count; i++) {
            float factor = Philox.uniform(words[i]) >= op.probability() ? scale : 0;
            float value = from.get(ValueLayout.JAVA_FLOAT, (x.offset() + first + i) * 4);
            set(y, first + i, value * factor);
          }
        });
  }
}
