package org.hypergrad.engine.backend.cpu.loops;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.hypergrad.engine.op.Descend;
import org.hypergrad.engine.op.DescentRule;

/**
 * The formulas of {@link DescentRule} on vectors: each input read once, each result written once.
 * Roundings are those of the tensor ops that would compute the same, so that both give the same
 * bits. What is left over beside whole vectors goes through the same code under a mask.
 */
final class VectorDescent implements DescentLoops {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final int BYTES = SPECIES.vectorByteSize();

  @Override
  public void run(
      DescentRule rule, Descend.Part part, MemorySegment[] segments, long[] at, long count) {
    long bytes = count * Float.BYTES;
    long whole = bytes - bytes % BYTES;
    VectorMask<Float> all = SPECIES.maskAll(true);
    loop(rule, part, segments, at, 0, whole, all);
    if (whole < bytes) {
      VectorMask<Float> rest = SPECIES.indexInRange(0, (bytes - whole) / Float.BYTES);
      loop(rule, part, segments, at, whole, whole + BYTES, rest);
    }
  }

  private static void loop(
      DescentRule rule,
      Descend.Part part,
      MemorySegment[] segments,
      long[] at,
      long from,
      long to,
      VectorMask<Float> mask) {
    boolean whole = mask.allTrue();
    switch (rule) {
      case DescentRule.Sgd r when r.momentum() == 0 -> {
        for (long i = from; i < to; i += BYTES) {
          plainStep(r, part, segments, at, i, mask, whole);
        }
      }
      case DescentRule.Sgd r -> {
        for (long i = from; i < to; i += BYTES) {
          momentumStep(r, part, segments, at, i, mask, whole);
        }
      }
      case DescentRule.Adam r -> {
        for (long i = from; i < to; i += BYTES) {
          adamStep(r, part, segments, at, i, mask, whole);
        }
      }
      case DescentRule.RmsProp r -> {
        for (long i = from; i < to; i += BYTES) {
          rmsPropStep(r, part, segments, at, i, mask, whole);
        }
      }
      case DescentRule.Adagrad r -> {
        for (long i = from; i < to; i += BYTES) {
          adagradStep(r, part, segments, at, i, mask, whole);
        }
      }
    }
  }

  private static FloatVector load(
      MemorySegment[] segments,
      long[] at,
      int operand,
      long i,
      VectorMask<Float> mask,
      boolean whole) {
    return whole
        ? FloatVector.fromMemorySegment(SPECIES, segments[operand], at[operand] + i, ORDER)
        : FloatVector.fromMemorySegment(SPECIES, segments[operand], at[operand] + i, ORDER, mask);
  }

  private static void store(
      FloatVector value,
      MemorySegment[] segments,
      long[] at,
      int operand,
      long i,
      VectorMask<Float> mask,
      boolean whole) {
    if (whole) {
      value.intoMemorySegment(segments[operand], at[operand] + i, ORDER);
    } else {
      value.intoMemorySegment(segments[operand], at[operand] + i, ORDER, mask);
    }
  }

  private static FloatVector penalised(FloatVector g, FloatVector theta, double weightDecay) {
    return weightDecay == 0 ? g : g.add(theta.mul((float) weightDecay));
  }

  private static FloatVector unlessNegligible(FloatVector mean) {
    return mean.blend(0f, mean.abs().compare(VectorOperators.LE, (float) DescentRule.NEGLIGIBLE));
  }

  private static void plainStep(
      DescentRule.Sgd rule,
      Descend.Part part,
      MemorySegment[] segments,
      long[] at,
      long i,
      VectorMask<Float> mask,
      boolean whole) {
    FloatVector theta = load(segments, at, 0, i, mask, whole);
    FloatVector g = penalised(load(segments, at, 1, i, mask, whole), theta, rule.weightDecay());
    store(theta.sub(g.mul((float) part.rate())), segments, at, 0, i, mask, whole);
  }

  private static void momentumStep(
      DescentRule.Sgd rule,
      Descend.Part part,
      MemorySegment[] segments,
      long[] at,
      long i,
      VectorMask<Float> mask,
      boolean whole) {
    float momentum = (float) rule.momentum();
    FloatVector theta = load(segments, at, 0, i, mask, whole);
    FloatVector g = penalised(load(segments, at, 1, i, mask, whole), theta, rule.weightDecay());
    FloatVector v = load(segments, at, 2, i, mask, whole);
    v = unlessNegligible(v.mul(momentum).add(g.mul((float) part.a())));
    FloatVector direction = rule.nesterov() ? g.add(v.mul(momentum)) : v;
    store(v, segments, at, 2, i, mask, whole);
    store(theta.sub(direction.mul((float) part.rate())), segments, at, 0, i, mask, whole);
  }

  private static void adamStep(
      DescentRule.Adam rule,
      Descend.Part part,
      MemorySegment[] segments,
      long[] at,
      long i,
      VectorMask<Float> mask,
      boolean whole) {
    FloatVector theta = load(segments, at, 0, i, mask, whole);
    FloatVector g = penalised(load(segments, at, 1, i, mask, whole), theta, rule.weightDecay());
    FloatVector m = load(segments, at, 2, i, mask, whole);
    FloatVector v = load(segments, at, 3, i, mask, whole);
    m = unlessNegligible(m.mul((float) rule.beta1()).add(g.mul((float) (1 - rule.beta1()))));
    v = v.mul((float) rule.beta2()).add(g.mul(g).mul((float) (1 - rule.beta2())));
    store(m, segments, at, 2, i, mask, whole);
    store(v, segments, at, 3, i, mask, whole);
    FloatVector root = v.mul((float) part.b()).sqrt().add((float) rule.epsilon());
    FloatVector direction = m.mul((float) part.a()).div(root);
    FloatVector kept = part.c() == 1 ? theta : theta.mul((float) part.c());
    store(kept.sub(direction.mul((float) part.rate())), segments, at, 0, i, mask, whole);
  }

  private static void rmsPropStep(
      DescentRule.RmsProp rule,
      Descend.Part part,
      MemorySegment[] segments,
      long[] at,
      long i,
      VectorMask<Float> mask,
      boolean whole) {
    float alpha = (float) rule.alpha();
    float rest = (float) (1 - rule.alpha());
    FloatVector theta = load(segments, at, 0, i, mask, whole);
    FloatVector g = penalised(load(segments, at, 1, i, mask, whole), theta, rule.weightDecay());
    FloatVector square = load(segments, at, 2, i, mask, whole);
    square = square.mul(alpha).add(g.mul(g).mul(rest));
    store(square, segments, at, 2, i, mask, whole);
    FloatVector spread = square;
    if (rule.centered()) {
      FloatVector mean = load(segments, at, 3, i, mask, whole);
      mean = mean.mul(alpha).add(g.mul(rest));
      store(mean, segments, at, 3, i, mask, whole);
      spread = square.sub(mean.mul(mean)).max(0f);
    }
    FloatVector direction = g.div(spread.sqrt().add((float) rule.epsilon()));
    if (rule.momentum() != 0) {
      FloatVector v = load(segments, at, 4, i, mask, whole);
      direction = unlessNegligible(v.mul((float) rule.momentum()).add(direction));
      store(direction, segments, at, 4, i, mask, whole);
    }
    store(theta.sub(direction.mul((float) part.rate())), segments, at, 0, i, mask, whole);
  }

  private static void adagradStep(
      DescentRule.Adagrad rule,
      Descend.Part part,
      MemorySegment[] segments,
      long[] at,
      long i,
      VectorMask<Float> mask,
      boolean whole) {
    FloatVector theta = load(segments, at, 0, i, mask, whole);
    FloatVector g = penalised(load(segments, at, 1, i, mask, whole), theta, rule.weightDecay());
    FloatVector sum = load(segments, at, 2, i, mask, whole);
    sum = sum.add(g.mul(g));
    store(sum, segments, at, 2, i, mask, whole);
    FloatVector direction = g.div(sum.sqrt().add((float) rule.epsilon())).mul((float) part.a());
    store(theta.sub(direction.mul((float) part.rate())), segments, at, 0, i, mask, whole);
  }
}
