package org.hypergrad.engine.conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.AvgPool2d;
import org.hypergrad.engine.op.Conv2d;
import org.hypergrad.engine.op.LayerNorm;
import org.hypergrad.engine.op.MaxPool2d;
import org.hypergrad.engine.op.Pool2d;
import org.hypergrad.engine.op.Window2d;

/**
 * A composition of ops that follows from its seed alone, so that it can be built again on another
 * device and in another element type. Every step keeps values of order 1: rounding errors then grow
 * with the depth, not exponentially.
 *
 * @param seed what it follows from
 */
record RandomGraph(long seed) implements Function<Tensor[], Tensor> {
  int depth() {
    return new SplittableRandom(seed).nextInt(3, 13);
  }

  /** An image, a matrix and a row, whose extents fit together. */
  static List<Input> inputs() {
    return List.of(Input.signed(2, 3, 4), Input.signed(4, 4), Input.positive(4));
  }

  @Override
  public Tensor apply(Tensor[] in) {
    SplittableRandom random = new SplittableRandom(seed + 1);
    List<Tensor> made = new ArrayList<>(List.of(in[0]));
    for (int i = depth(); i > 0; i--) {
      Tensor x = made.get(made.size() - 1);
      Tensor earlier = made.get(random.nextInt(made.size()));
      made.add(step(random, x, earlier, in));
    }
    // Every input takes part, and what was made on the way may be used twice.
    return made.get(made.size() - 1).mul(in[2]).matmul(in[1].tanh());
  }

  /** From [2, 3, 4] to [2, 3, 4]. */
  private static Tensor step(SplittableRandom random, Tensor x, Tensor earlier, Tensor[] in) {
    return switch (random.nextInt(8)) {
      case 0, 1 -> unary(random, x);
      case 2, 3 -> binary(random, x, random.nextBoolean() ? earlier : in[2]);
      case 4 -> x.matmul(random.nextBoolean() ? in[1] : in[1].transpose()).mul(0.3);
      case 5 -> reduction(random, x);
      case 6 -> view(random, x);
      default -> layer(random, x, in);
    };
  }

  private static Tensor unary(SplittableRandom random, Tensor x) {
    return switch (random.nextInt(10)) {
      case 0 -> x.tanh();
      case 1 -> x.sigmoid();
      case 2 -> x.sin();
      case 3 -> x.softplus();
      case 4 -> x.gelu();
      case 5 -> x.relu();
      case 6 -> x.tanh().exp();
      case 7 -> x.square().add(0.5).log();
      case 8 -> x.square().add(0.5).sqrt();
      default -> x.leakyRelu(0.1).neg();
    };
  }

  private static Tensor binary(SplittableRandom random, Tensor x, Tensor y) {
    return switch (random.nextInt(5)) {
      case 0 -> x.add(y).mul(0.5);
      case 1 -> x.sub(y).mul(0.5);
      case 2 -> x.tanh().mul(y);
      case 3 -> x.div(y.square().add(1));
      default -> x.tanh().maximum(y.cos());
    };
  }

  private static Tensor reduction(SplittableRandom random, Tensor x) {
    int axis = random.nextInt(3);
    return switch (random.nextInt(5)) {
      case 0 -> x.sub(x.meanKeep(axis));
      case 1 -> x.add(x.maxKeep(axis)).mul(0.5);
      case 2 -> x.sub(x.logSumExpKeep(axis));
      case 3 -> x.softmax(axis);
      default -> x.div(x.normKeep(axis).add(0.5));
    };
  }

  private static Tensor view(SplittableRandom random, Tensor x) {
    return switch (random.nextInt(4)) {
      case 0 -> x.permute(2, 0, 1).reshape(2, 3, 4);
      case 1 -> x.slice(1, 0, 1).broadcastTo(x.shape()).add(x);
      case 2 -> x.slice(2, 0, 4, 2).pad(new long[] {0, 0, 1}, new long[] {0, 0, 1}, 0.5);
      default -> x.transpose(0, 2).copy().transpose(0, 2);
    };
  }

  private static Tensor layer(SplittableRandom random, Tensor x, Tensor[] in) {
    Tensor image = x.unsqueeze(0);
    Window2d same = Window2d.UNIT.withPadding(1);
    return switch (random.nextInt(4)) {
      case 0 -> {
        Tensor w = in[1].slice(1, 0, 3).slice(0, 0, 3).unsqueeze(0).unsqueeze(0);
        Tensor kernel = w.broadcastTo(Shape.of(2, 2, 3, 3));
        yield Conv2d.of(same).apply(image, kernel).mul(0.2).squeeze(0);
      }
      case 1 -> new AvgPool2d(Pool2d.of(3, 1, 1), true).apply(image).squeeze(0);
      case 2 -> new MaxPool2d(Pool2d.of(3, 1, 1)).apply(image).squeeze(0);
      default -> new LayerNorm(0.1).apply(x, in[2], in[1].select(0, 1));
    };
  }
}
