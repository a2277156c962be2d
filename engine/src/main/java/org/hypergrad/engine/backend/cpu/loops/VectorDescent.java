package org.hypergrad.engine.backend.cpu.loops;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.ref.Reference;
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
  private static final VectorSpecies<Float> SPECIES = VectorWidth.FLOATS;
  private static final int BYTES = SPECIES.vectorByteSize();

  /** By formula. One piece of code for all of them would be too large, see {@link SeparateCode}. */
  private final MethodHandle[] loops = {
    loop("plain", DescentRule.Sgd.class),
    loop("momentum", DescentRule.Sgd.class),
    loop("adam", DescentRule.Adam.class),
    loop("rmsProp", DescentRule.RmsProp.class),
    loop("adagrad", DescentRule.Adagrad.class)
  };

  private static MethodHandle loop(String name, Class<? extends DescentRule> rule) {
    MethodHandle own =
        SeparateCode.of(
            MethodHandles.lookup(),
            name,
            void.class,
            rule,
            Descend.Part.class,
            long[].class,
            long.class);
    return own.asType(own.type().changeParameterType(0, DescentRule.class));
  }

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
    long[] addresses = new long[segments.length];
    for (int operand = 0; operand < segments.length; operand++) {
      if (segments[operand] != null) {
        addresses[operand] = VectorMemory.address(segments[operand], at[operand], bytes);
      }
    }
    loop(rule, part, addresses, whole);
    if (whole < bytes) {
      rest(rule, part, segments, at, whole, bytes - whole);
    }
    Reference.reachabilityFence(segments);
  }

  private void rest(
      DescentRule rule,
      Descend.Part part,
      MemorySegment[] segments,
      long[] at,
      long from,
      long bytes) {
    MemorySegment[] rest = REST.get();
    long[] addresses = new long[rest.length];
    for (int operand = 0; operand < rest.length; operand++) {
      addresses[operand] = rest[operand].address();
      if (segments[operand] != null) {
        MemorySegment.copy(segments[operand], at[operand] + from, rest[operand], 0, bytes);
      }
    }
    loop(rule, part, addresses, BYTES);
    for (int operand = 0; operand < rest.length; operand++) {
      if (segments[operand] != null && operand != 1) {
        MemorySegment.copy(rest[operand], 0, segments[operand], at[operand] + from, bytes);
      }
    }
  }

  private void loop(DescentRule rule, Descend.Part part, long[] at, long bytes) {
    int formula =
        switch (rule) {
          case DescentRule.Sgd r -> r.momentum() == 0 ? 0 : 1;
          case DescentRule.Adam _ -> 2;
          case DescentRule.RmsProp _ -> 3;
          case DescentRule.Adagrad _ -> 4;
        };
    try {
      loops[formula].invokeExact(rule, part, at, bytes);
    } catch (Throwable thrown) {
      throw SeparateCode.failure(thrown);
    }
  }

  private static FloatVector penalised(FloatVector g, FloatVector theta, float weightDecay) {
    return weightDecay == 0 ? g : g.add(theta.mul(weightDecay));
  }

  private static FloatVector unlessNegligible(FloatVector mean) {
    return mean.blend(0f, mean.abs().compare(VectorOperators.LE, (float) DescentRule.NEGLIGIBLE));
  }

  // In each loop all that does not change is in variables of its own: after a store to memory
  // outside of the heap the compiler would read fields and arrays again, which takes longer than
  // the step itself.

  private static void plain(DescentRule.Sgd rule, Descend.Part part, long[] at, long bytes) {
    long end = VectorMemory.known(bytes);
    long thetas = VectorMemory.known(at[0]);
    long gradients = VectorMemory.known(at[1]);
    float rate = (float) part.rate();
    float decay = (float) rule.weightDecay();
    for (long i = 0; i < end; i += BYTES) {
      FloatVector theta = VectorMemory.load(thetas + i);
      FloatVector g = penalised(VectorMemory.load(gradients + i), theta, decay);
      VectorMemory.store(theta.sub(g.mul(rate)), thetas + i);
    }
  }

  private static void momentum(DescentRule.Sgd rule, Descend.Part part, long[] at, long bytes) {
    long end = VectorMemory.known(bytes);
    long thetas = VectorMemory.known(at[0]);
    long gradients = VectorMemory.known(at[1]);
    long velocities = VectorMemory.known(at[2]);
    float rate = (float) part.rate();
    float decay = (float) rule.weightDecay();
    float momentum = (float) rule.momentum();
    float share = (float) part.a();
    boolean nesterov = rule.nesterov();
    for (long i = 0; i < end; i += BYTES) {
      FloatVector theta = VectorMemory.load(thetas + i);
      FloatVector g = penalised(VectorMemory.load(gradients + i), theta, decay);
      FloatVector v = VectorMemory.load(velocities + i);
      v = unlessNegligible(v.mul(momentum).add(g.mul(share)));
      FloatVector direction = nesterov ? g.add(v.mul(momentum)) : v;
      VectorMemory.store(v, velocities + i);
      VectorMemory.store(theta.sub(direction.mul(rate)), thetas + i);
    }
  }

  private static void adam(DescentRule.Adam rule, Descend.Part part, long[] at, long bytes) {
    long end = VectorMemory.known(bytes);
    long thetas = VectorMemory.known(at[0]);
    long gradients = VectorMemory.known(at[1]);
    long means = VectorMemory.known(at[2]);
    long squares = VectorMemory.known(at[3]);
    float rate = (float) part.rate();
    float decay = (float) rule.weightDecay();
    float beta1 = (float) rule.beta1();
    float rest1 = (float) (1 - rule.beta1());
    float beta2 = (float) rule.beta2();
    float rest2 = (float) (1 - rule.beta2());
    float epsilon = (float) rule.epsilon();
    float a = (float) part.a();
    float b = (float) part.b();
    float c = (float) part.c();
    for (long i = 0; i < end; i += BYTES) {
      FloatVector theta = VectorMemory.load(thetas + i);
      FloatVector g = penalised(VectorMemory.load(gradients + i), theta, decay);
      FloatVector m = VectorMemory.load(means + i);
      FloatVector v = VectorMemory.load(squares + i);
      m = unlessNegligible(m.mul(beta1).add(g.mul(rest1)));
      v = v.mul(beta2).add(g.mul(g).mul(rest2));
      VectorMemory.store(m, means + i);
      VectorMemory.store(v, squares + i);
      FloatVector direction = m.mul(a).div(v.mul(b).sqrt().add(epsilon));
      FloatVector kept = c == 1 ? theta : theta.mul(c);
      VectorMemory.store(kept.sub(direction.mul(rate)), thetas + i);
    }
  }

  private static void rmsProp(DescentRule.RmsProp rule, Descend.Part part, long[] at, long bytes) {
    long end = VectorMemory.known(bytes);
    long thetas = VectorMemory.known(at[0]);
    long gradients = VectorMemory.known(at[1]);
    long squares = VectorMemory.known(at[2]);
    long means = VectorMemory.known(at[3]);
    long velocities = VectorMemory.known(at[4]);
    float rate = (float) part.rate();
    float decay = (float) rule.weightDecay();
    float alpha = (float) rule.alpha();
    float rest = (float) (1 - rule.alpha());
    float momentum = (float) rule.momentum();
    float epsilon = (float) rule.epsilon();
    boolean centered = rule.centered();
    for (long i = 0; i < end; i += BYTES) {
      FloatVector theta = VectorMemory.load(thetas + i);
      FloatVector g = penalised(VectorMemory.load(gradients + i), theta, decay);
      FloatVector square = VectorMemory.load(squares + i).mul(alpha).add(g.mul(g).mul(rest));
      VectorMemory.store(square, squares + i);
      FloatVector spread = square;
      if (centered) {
        FloatVector mean = VectorMemory.load(means + i).mul(alpha).add(g.mul(rest));
        VectorMemory.store(mean, means + i);
        spread = square.sub(mean.mul(mean)).max(0f);
      }
      FloatVector direction = g.div(spread.sqrt().add(epsilon));
      if (momentum != 0) {
        FloatVector v = VectorMemory.load(velocities + i).mul(momentum);
        direction = unlessNegligible(v.add(direction));
        VectorMemory.store(direction, velocities + i);
      }
      VectorMemory.store(theta.sub(direction.mul(rate)), thetas + i);
    }
  }

  private static void adagrad(DescentRule.Adagrad rule, Descend.Part part, long[] at, long bytes) {
    long end = VectorMemory.known(bytes);
    long thetas = VectorMemory.known(at[0]);
    long gradients = VectorMemory.known(at[1]);
    long sums = VectorMemory.known(at[2]);
    float rate = (float) part.rate();
    float decay = (float) rule.weightDecay();
    float epsilon = (float) rule.epsilon();
    float share = (float) part.a();
    for (long i = 0; i < end; i += BYTES) {
      FloatVector theta = VectorMemory.load(thetas + i);
      FloatVector g = penalised(VectorMemory.load(gradients + i), theta, decay);
      FloatVector sum = VectorMemory.load(sums + i);
      sum = sum.add(g.mul(g));
      VectorMemory.store(sum, sums + i);
      FloatVector direction = g.div(sum.sqrt().add(epsilon)).mul(share);
      VectorMemory.store(theta.sub(direction.mul(rate)), thetas + i);
    }
  }
}
