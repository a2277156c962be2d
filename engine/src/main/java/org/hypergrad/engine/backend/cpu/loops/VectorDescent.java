package org.hypergrad.engine.backend.cpu.loops;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.hypergrad.engine.op.Descend;
import org.hypergrad.engine.op.DescentRule;

/**
 * The formulas of {@link DescentRule} on vectors: each input read once, each result written once.
 * Roundings are those of the tensor ops that would compute the same, so that both give the same
 * bits. What is left over beside whole vectors goes through the same code in a vector of its own.
 */
final class VectorDescent implements DescentLoops {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final ByteOrder ORDER = ByteOrder.nativeOrder();
  private static final int BYTES = SPECIES.vectorByteSize();

  /** One vector of each operand, for what is left over. */
  private static final ThreadLocal<MemorySegment[]> REST =
      ThreadLocal.withInitial(VectorDescent::newRest);

  private static MemorySegment[] newRest() {
    MemorySegment[] rest = new MemorySegment[2 + DescentRule.STATES];
    for (int operand = 0; operand < rest.length; operand++) {
      rest[operand] = Arena.ofAuto().allocate(BYTES, BYTES);
    }
    return rest;
  }

  @Override
  public void run(
      DescentRule rule, Descend.Part part, MemorySegment[] segments, long[] at, long count) {
    long bytes = count * Float.BYTES;
    long whole = bytes - bytes % BYTES;
    loop(rule, part, segments, at, whole);
    if (whole < bytes) {
      MemorySegment[] rest = REST.get();
      for (int operand = 0; operand < rest.length; operand++) {
        if (segments[operand] != null) {
          long from = at[operand] + whole;
          MemorySegment.copy(segments[operand], from, rest[operand], 0, bytes - whole);
        }
      }
      loop(rule, part, rest, new long[rest.length], BYTES);
      for (int operand = 0; operand < rest.length; operand++) {
        if (segments[operand] != null && operand != 1) {
          long to = at[operand] + whole;
          MemorySegment.copy(rest[operand], 0, segments[operand], to, bytes - whole);
        }
      }
    }
  }

  private static void loop(
      DescentRule rule, Descend.Part part, MemorySegment[] segments, long[] at, long to) {
    switch (rule) {
      case DescentRule.Sgd r when r.momentum() == 0 -> {
        for (long i = 0; i < to; i += BYTES) {
          plainStep(r, part, segments, at, i);
        }
      }
      case DescentRule.Sgd r -> {
        for (long i = 0; i < to; i += BYTES) {
          momentumStep(r, part, segments, at, i);
        }
      }
      case DescentRule.Adam r -> {
        for (long i = 0; i < to; i += BYTES) {
          adamStep(r, part, segments, at, i);
        }
      }
      case DescentRule.RmsProp r -> {
        for (long i = 0; i < to; i += BYTES) {
          rmsPropStep(r, part, segments, at, i);
        }
      }
      case DescentRule.Adagrad r -> {
        for (long i = 0; i < to; i += BYTES) {
          adagradStep(r, part, segments, at, i);
        }
      }
    }
  }

  private static FloatVector load(MemorySegment[] segments, long[] at, int operand, long i) {
    return FloatVector.fromMemorySegment(SPECIES, segments[operand], at[operand] + i, ORDER);
  }

  private static void store(
      FloatVector value, MemorySegment[] segments, long[] at, int operand, long i) {
    value.intoMemorySegment(segments[operand], at[operand] + i, ORDER);
  }

  private static FloatVector penalised(FloatVector g, FloatVector theta, double weightDecay) {
    return weightDecay == 0 ? g : g.add(theta.mul((float) weightDecay));
  }

  private static FloatVector unlessNegligible(FloatVector mean) {
    return mean.blend(0f, mean.abs().compare(VectorOperators.LE, (float) DescentRule.NEGLIGIBLE));
  }

  private static void plainStep(
      DescentRule.Sgd rule, Descend.Part part, MemorySegment[] segments, long[] at, long i) {
    FloatVector theta = load(segments, at, 0, i);
    FloatVector g = penalised(load(segments, at, 1, i), theta, rule.weightDecay());
    store(theta.sub(g.mul((float) part.rate())), segments, at, 0, i);
  }

  private static void momentumStep(
      DescentRule.Sgd rule, Descend.Part part, MemorySegment[] segments, long[] at, long i) {
    float momentum = (float) rule.momentum();
    FloatVector theta = load(segments, at, 0, i);
    FloatVector g = penalised(load(segments, at, 1, i), theta, rule.weightDecay());
    FloatVector v = load(segments, at, 2, i);
    v = unlessNegligible(v.mul(momentum).add(g.mul((float) part.a())));
    FloatVector direction = rule.nesterov() ? g.add(v.mul(momentum)) : v;
    store(v, segments, at, 2, i);
    store(theta.sub(direction.mul((float) part.rate())), segments, at, 0, i);
  }

  private static void adamStep(
      DescentRule.Adam rule, Descend.Part part, MemorySegment[] segments, long[] at, long i) {
    FloatVector theta = load(segments, at, 0, i);
    FloatVector g = penalised(load(segments, at, 1, i), theta, rule.weightDecay());
    FloatVector m = load(segments, at, 2, i);
    FloatVector v = load(segments, at, 3, i);
    m = unlessNegligible(m.mul((float) rule.beta1()).add(g.mul((float) (1 - rule.beta1()))));
    v = v.mul((float) rule.beta2()).add(g.mul(g).mul((float) (1 - rule.beta2())));
    store(m, segments, at, 2, i);
    store(v, segments, at, 3, i);
    FloatVector root = v.mul((float) part.b()).sqrt().add((float) rule.epsilon());
    FloatVector direction = m.mul((float) part.a()).div(root);
    FloatVector kept = part.c() == 1 ? theta : theta.mul((float) part.c());
    store(kept.sub(direction.mul((float) part.rate())), segments, at, 0, i);
  }

  private static void rmsPropStep(
      DescentRule.RmsProp rule, Descend.Part part, MemorySegment[] segments, long[] at, long i) {
    float alpha = (float) rule.alpha();
    float rest = (float) (1 - rule.alpha());
    FloatVector theta = load(segments, at, 0, i);
    FloatVector g = penalised(load(segments, at, 1, i), theta, rule.weightDecay());
    FloatVector square = load(segments, at, 2, i);
    square = square.mul(alpha).add(g.mul(g).mul(rest));
    store(square, segments, at, 2, i);
    FloatVector spread = square;
    if (rule.centered()) {
      FloatVector mean = load(segments, at, 3, i);
      mean = mean.mul(alpha).add(g.mul(rest));
      store(mean, segments, at, 3, i);
      spread = square.sub(mean.mul(mean)).max(0f);
    }
    FloatVector direction = g.div(spread.sqrt().add((float) rule.epsilon()));
    if (rule.momentum() != 0) {
      FloatVector v = load(segments, at, 4, i);
      direction = unlessNegligible(v.mul((float) rule.momentum()).add(direction));
      store(direction, segments, at, 4, i);
    }
    store(theta.sub(direction.mul((float) part.rate())), segments, at, 0, i);
  }

  private static void adagradStep(
      DescentRule.Adagrad rule, Descend.Part part, MemorySegment[] segments, long[] at, long i) {
    FloatVector theta = load(segments, at, 0, i);
    FloatVector g = penalised(load(segments, at, 1, i), theta, rule.weightDecay());
    FloatVector sum = load(segments, at, 2, i);
    sum = sum.add(g.mul(g));
    store(sum, segments, at, 2, i);
    FloatVector direction = g.div(sum.sqrt().add((float) rule.epsilon())).mul((float) part.a());
    store(theta.sub(direction.mul((float) part.rate())), segments, at, 0, i);
  }
}
