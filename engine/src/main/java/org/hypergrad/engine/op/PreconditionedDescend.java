package org.hypergrad.engine.op;

import java.util.List;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;

/**
 * One step of an optimizer whose gradients go through learned maps P = M M^T, on any number of
 * parameters at once, in place. A parameter is seen as rows of k neighbours, such as the positions
 * of a convolution's kernel; g is its gradient with the weight decay, g' that of the step before,
 * both as matrices of such rows:
 *
 * <pre>
 * H = -pull (g^T g' + g'^T g) M        the derivative of the loss by M
 * M = factorRule(M, H)                 if the part learns
 * theta = rule(theta, g P)             with the M from before or after its move
 * </pre>
 *
 * <p>Inputs, for each part in turn: theta, gradient, g', M [k, k], the states of {@code rule},
 * those of {@code factorRule}; all of one type. Theta, M and states change. With a weight decay, g
 * takes the place of g'; without, g' stays, since the gradient is all of g.
 *
 * <p>Output: int32, for each part 0, or 1 if it was refused and all of its inputs are as before.
 * That is where |P| or |g| |P| comes near {@value #REACH} or is not a number, or where the next M
 * is not finite.
 *
 * @param rule how theta changes
 * @param factorRule how M changes
 * @param factorFirst whether M moves before theta
 * @param parts what differs between the parameters
 */
public record PreconditionedDescend(
    DescentRule rule, DescentRule factorRule, boolean factorFirst, List<Part> parts) implements Op {
  /** Far below where squares overflow float32, and far above where training makes sense. */
  public static final double REACH = 1e18;

  /** k at most: beyond it, matrix products are the better way. */
  public static final int LARGEST = 64;

  /** Inputs of a part before its states. */
  public static final int FIXED = 4;

  /**
   * The numbers of one parameter's step.
   *
   * @param numbers of the rule
   * @param factorNumbers of the rule of M
   * @param pull factor of H: the learning rate of the step before
   * @param learns whether M moves; if not, g' is not read
   */
  public record Part(
      Descend.Part numbers, Descend.Part factorNumbers, double pull, boolean learns) {}

  public PreconditionedDescend {
    parts = List.copyOf(parts);
  }

  /**
   * Changes what is to change among {@code in}.
   *
   * @return for each part, whether it moved
   */
  public boolean[] apply(Tensor... in) {
    int[] refused = Dispatch.run(this, in)[0].toInts();
    boolean[] moved = new boolean[refused.length];
    for (int part = 0; part < moved.length; part++) {
      moved[part] = refused[part] == 0;
    }
    for (int i = 0; i < in.length; i++) {
      if (moved[i / stride()] && changes(i)) {
        in[i].changedInPlace();
      }
    }
    return moved;
  }

  /** Inputs of a part. */
  public int stride() {
    return FIXED + rule.states() + factorRule.states();
  }

  /** Whether a step changes an input: the gradient and, but for a weight decay, g' stay. */
  public boolean changes(int input) {
    int place = input % stride();
    return place == 2 ? keepsGradient() : place != 1;
  }

  /** Whether g takes the place of g'. */
  public boolean keepsGradient() {
    return rule.weightDecay() != 0;
  }

  @Override
  public String name() {
    return "preconditioned " + rule.name();
  }

  @Override
  public Spec[] infer(Spec... in) {
    Rules.argument(
        name(),
        in.length == parts.size() * stride() && in.length > 0,
        "number of inputs",
        in.length,
        parts.size() + " times " + stride());
    Rules.floating(name(), in);
    for (int i = 0; i < in.length; i++) {
      int first = i - i % stride();
      Spec m = in[first + 3];
      boolean small = i - first == 3 || i - first >= FIXED + rule.states();
      Spec like = small ? m : in[first];
      Rules.shape(name(), in[i].equals(like), "an input does not fit", like::toString, in);
      Rules.rank(name(), m, 2, "M [k, k]");
      long k = m.shape().extent(0);
      Rules.shape(
          name(),
          m.shape().extent(1) == k && k > 0 && k <= LARGEST && in[first].shape().count() % k == 0,
          "M does not fit",
          "M [k, k] with k <= " + LARGEST + ", theta in rows of k",
          in);
    }
    return Rules.one(new Spec(DType.INT32, Shape.of(parts.size())));
  }
}
