package org.hypergrad.engine;

import java.util.Arrays;
import java.util.stream.LongStream;
import org.hypergrad.engine.op.ArgReduce;
import org.hypergrad.engine.op.Binary;
import org.hypergrad.engine.op.BinaryKind;
import org.hypergrad.engine.op.Compare;
import org.hypergrad.engine.op.CompareKind;
import org.hypergrad.engine.op.Concat;
import org.hypergrad.engine.op.CropMirrorNormalise;
import org.hypergrad.engine.op.Gather;
import org.hypergrad.engine.op.MatMul;
import org.hypergrad.engine.op.OneHot;
import org.hypergrad.engine.op.Pad;
import org.hypergrad.engine.op.Reduce;
import org.hypergrad.engine.op.ReduceKind;
import org.hypergrad.engine.op.Reduction;
import org.hypergrad.engine.op.Softmax;
import org.hypergrad.engine.op.TopK;
import org.hypergrad.engine.op.Unary;
import org.hypergrad.engine.op.UnaryKind;
import org.hypergrad.engine.op.Where;

/**
 * The arithmetic of a {@link Tensor}: each method makes a new tensor in the current scope and is
 * recorded by an open {@link Tape}. Two operands broadcast to a common shape. Semantics, edge
 * values included, are PyTorch's.
 */
public sealed interface TensorMath permits Tensor {
  private Tensor self() {
    return (Tensor) this;
  }

  private Tensor unary(UnaryKind kind, double a, double b) {
    return Dispatch.run(new Unary(kind, a, b), self())[0];
  }

  private Tensor binary(BinaryKind kind, Tensor other) {
    return Dispatch.run(new Binary(kind), self(), other)[0];
  }

  private Tensor reduce(ReduceKind kind, boolean keep, double correction, int... axes) {
    Axes set = Axes.of(kind.name().toLowerCase(java.util.Locale.ROOT), self().shape(), axes);
    return Dispatch.run(new Reduce(kind, set, keep, correction), self())[0];
  }

  /** x + y. */
  default Tensor add(Tensor other) {
    return binary(BinaryKind.ADD, other);
  }

  /** x - y. */
  default Tensor sub(Tensor other) {
    return binary(BinaryKind.SUB, other);
  }

  /** x y, element by element. */
  default Tensor mul(Tensor other) {
    return binary(BinaryKind.MUL, other);
  }

  /** x / y. */
  default Tensor div(Tensor other) {
    return binary(BinaryKind.DIV, other);
  }

  /** x to the power y. */
  default Tensor pow(Tensor other) {
    return binary(BinaryKind.POW, other);
  }

  /** The larger of both; NaN if either is. */
  default Tensor maximum(Tensor other) {
    return binary(BinaryKind.MAXIMUM, other);
  }

  /** The smaller of both; NaN if either is. */
  default Tensor minimum(Tensor other) {
    return binary(BinaryKind.MINIMUM, other);
  }

  /** x + value. */
  default Tensor add(double value) {
    return unary(UnaryKind.ADD_SCALAR, value, 0);
  }

  /** x - value. */
  default Tensor sub(double value) {
    return unary(UnaryKind.ADD_SCALAR, -value, 0);
  }

  /** x value. */
  default Tensor mul(double value) {
    return unary(UnaryKind.MUL_SCALAR, value, 0);
  }

  /** x / value, as a product with the reciprocal. */
  default Tensor div(double value) {
    return unary(UnaryKind.MUL_SCALAR, 1 / value, 0);
  }

  /** x to a constant power. */
  default Tensor pow(double exponent) {
    return unary(UnaryKind.POW, exponent, 0);
  }

  /** x limited to [low, high]; the gradient passes inside and on the bounds. */
  default Tensor clamp(double low, double high) {
    return unary(UnaryKind.CLAMP, low, high);
  }

  /** x where positive, else slope x. */
  default Tensor leakyRelu(double slope) {
    return unary(UnaryKind.LEAKY_RELU, slope, 0);
  }

  /** 0 where |x| is at most {@code threshold}, else x. */
  default Tensor hardShrink(double threshold) {
    return unary(UnaryKind.HARD_SHRINK, threshold, 0);
  }

  /** -x. */
  default Tensor neg() {
    return unary(UnaryKind.NEG, 0, 0);
  }

  /** |x|; gradient 0 at 0. */
  default Tensor abs() {
    return unary(UnaryKind.ABS, 0, 0);
  }

  /** e to the x. */
  default Tensor exp() {
    return unary(UnaryKind.EXP, 0, 0);
  }

  /** Natural logarithm. */
  default Tensor log() {
    return unary(UnaryKind.LOG, 0, 0);
  }

  /** Square root. */
  default Tensor sqrt() {
    return unary(UnaryKind.SQRT, 0, 0);
  }

  /** x squared. */
  default Tensor square() {
    return unary(UnaryKind.SQUARE, 0, 0);
  }

  /** 1 / x. */
  default Tensor reciprocal() {
    return unary(UnaryKind.RECIPROCAL, 0, 0);
  }

  /** Sine of x in radians. */
  default Tensor sin() {
    return unary(UnaryKind.SIN, 0, 0);
  }

  /** Cosine of x in radians. */
  default Tensor cos() {
    return unary(UnaryKind.COS, 0, 0);
  }

  /** Hyperbolic tangent. */
  default Tensor tanh() {
    return unary(UnaryKind.TANH, 0, 0);
  }

  /** 1 / (1 + exp(-x)). */
  default Tensor sigmoid() {
    return unary(UnaryKind.SIGMOID, 0, 0);
  }

  /** max(x, 0); gradient 0 at 0. */
  default Tensor relu() {
    return unary(UnaryKind.RELU, 0, 0);
  }

  /** x times the normal distribution function at x (exact, by erf). */
  default Tensor gelu() {
    return unary(UnaryKind.GELU, 0, 0);
  }

  /** GELU approximated by tanh. */
  default Tensor geluTanh() {
    return unary(UnaryKind.GELU_TANH, 0, 0);
  }

  /** log(1 + exp(x)), and x above 20. */
  default Tensor softplus() {
    return unary(UnaryKind.SOFTPLUS, 0, 0);
  }

  /** Sum over the given axes, which go; over all if none is given. */
  default Tensor sum(int... axes) {
    return reduce(ReduceKind.SUM, false, 0, axes);
  }

  /** Sum over the given axes, which stay with extent 1. */
  default Tensor sumKeep(int... axes) {
    return reduce(ReduceKind.SUM, true, 0, axes);
  }

  /** Mean over the given axes, which go; over all if none is given. */
  default Tensor mean(int... axes) {
    return reduce(ReduceKind.MEAN, false, 0, axes);
  }

  /** Mean over the given axes, which stay with extent 1. */
  default Tensor meanKeep(int... axes) {
    return reduce(ReduceKind.MEAN, true, 0, axes);
  }

  /** Largest element over the given axes, which go; over all if none is given. */
  default Tensor max(int... axes) {
    return reduce(ReduceKind.MAX, false, 0, axes);
  }

  /** Largest element over the given axes, which stay with extent 1. */
  default Tensor maxKeep(int... axes) {
    return reduce(ReduceKind.MAX, true, 0, axes);
  }

  /** Smallest element over the given axes, which go; over all if none is given. */
  default Tensor min(int... axes) {
    return reduce(ReduceKind.MIN, false, 0, axes);
  }

  /** Smallest element over the given axes, which stay with extent 1. */
  default Tensor minKeep(int... axes) {
    return reduce(ReduceKind.MIN, true, 0, axes);
  }

  /** log(sum(exp(x))) over the given axes, which go; over all if none is given. */
  default Tensor logSumExp(int... axes) {
    return reduce(ReduceKind.LOG_SUM_EXP, false, 0, axes);
  }

  /** log(sum(exp(x))) over the given axes, which stay with extent 1. */
  default Tensor logSumExpKeep(int... axes) {
    return reduce(ReduceKind.LOG_SUM_EXP, true, 0, axes);
  }

  /** Euclidean norm over the given axes, which go; over all if none is given. */
  default Tensor norm(int... axes) {
    return reduce(ReduceKind.NORM, false, 0, axes);
  }

  /** Euclidean norm over the given axes, which stay with extent 1. */
  default Tensor normKeep(int... axes) {
    return reduce(ReduceKind.NORM, true, 0, axes);
  }

  /** Variance over the given axes; the divisor is n - correction (1: unbiased). */
  default Tensor variance(double correction, int... axes) {
    return reduce(ReduceKind.VARIANCE, false, correction, axes);
  }

  /** Sums over the axes along which {@code target} was broadcast to this shape. */
  default Tensor sumTo(Shape target) {
    Shape from = self().shape();
    if (from.equals(target)) {
      return self();
    }
    int added = from.rank() - target.rank();
    int mask = 0;
    for (int i = 0; i < from.rank(); i++) {
      if (i < added || (target.extent(i - added) == 1 && from.extent(i) != 1)) {
        mask |= 1 << i;
      }
    }
    boolean addedAlone = mask == (1 << added) - 1;
    Reduce sum = new Reduce(ReduceKind.SUM, new Axes(mask), !addedAlone, 0);
    Tensor summed = mask == 0 ? self() : Dispatch.run(sum, self())[0];
    return summed.shape().equals(target) ? summed : summed.reshape(target.toArray());
  }

  /** Matrix product of the last two axes; leading axes broadcast. */
  default Tensor matmul(Tensor other) {
    return Dispatch.run(new MatMul(), self(), other)[0];
  }

  /**
   * The matrix product and a sum, x y + c, in one op.
   *
   * @param addend c; it broadcasts to the product, as the bias of a layer does
   */
  default Tensor matmul(Tensor other, Tensor addend) {
    return Dispatch.run(new MatMul(), self(), other, addend)[0];
  }

  /** Softmax along an axis. */
  default Tensor softmax(int axis) {
    return Dispatch.run(new Softmax(self().shape().axis("softmax", axis), false), self())[0];
  }

  /** Logarithm of the softmax along an axis. */
  default Tensor logSoftmax(int axis) {
    return Dispatch.run(new Softmax(self().shape().axis("log_softmax", axis), true), self())[0];
  }

  /** x == y, as uint8 0 or 1. */
  default Tensor eq(Tensor other) {
    return Dispatch.run(new Compare(CompareKind.EQ), self(), other)[0];
  }

  /** x != y, as uint8 0 or 1. */
  default Tensor ne(Tensor other) {
    return Dispatch.run(new Compare(CompareKind.NE), self(), other)[0];
  }

  /** x &lt; y, as uint8 0 or 1. */
  default Tensor lt(Tensor other) {
    return Dispatch.run(new Compare(CompareKind.LT), self(), other)[0];
  }

  /** x &le; y, as uint8 0 or 1. */
  default Tensor le(Tensor other) {
    return Dispatch.run(new Compare(CompareKind.LE), self(), other)[0];
  }

  /** x &gt; y, as uint8 0 or 1. */
  default Tensor gt(Tensor other) {
    return Dispatch.run(new Compare(CompareKind.GT), self(), other)[0];
  }

  /** x &ge; y, as uint8 0 or 1. */
  default Tensor ge(Tensor other) {
    return Dispatch.run(new Compare(CompareKind.GE), self(), other)[0];
  }

  /** This uint8 condition's choice: x where it is not 0, else y. */
  default Tensor where(Tensor x, Tensor y) {
    return Dispatch.run(new Where(), self(), x, y)[0];
  }

  /** Index of the largest element along an axis, which goes; int32. */
  default Tensor argmax(int axis) {
    return Dispatch.run(new ArgReduce(true, self().shape().axis("argmax", axis), false), self())[0];
  }

  /** Index of the smallest element along an axis, which goes; int32. */
  default Tensor argmin(int axis) {
    return Dispatch.run(new ArgReduce(false, self().shape().axis("argmin", axis), false), self())[
        0];
  }

  /** The k largest elements along an axis, largest first, and their indices. */
  default Tensor[] topK(long k, int axis) {
    return Dispatch.run(new TopK(k, self().shape().axis("topk", axis)), self());
  }

  /** y[i, k, j] = x[i, index[i, k, j], j] along an axis; the index has the same rank. */
  default Tensor gather(int axis, Tensor index) {
    return Dispatch.run(new Gather(self().shape().axis("gather", axis)), self(), index)[0];
  }

  /** Whole slices along an axis, picked by an int32 index [k], such as rows of an embedding. */
  default Tensor indexSelect(int axis, Tensor index) {
    Shape shape = self().shape();
    int resolved = shape.axis("index_select", axis);
    long[] aligned = new long[shape.rank()];
    Arrays.fill(aligned, 1);
    aligned[resolved] = index.count();
    return gather(
        resolved, index.reshape(aligned).broadcastTo(shape.with(resolved, index.count())));
  }

  /** float32 one-hot rows of these int32 labels, along a new last axis. */
  default Tensor oneHot(long classes) {
    return Dispatch.run(new OneHot(classes, DType.FLOAT32), self())[0];
  }

  /**
   * A window of each of these uint8 images, perhaps mirrored, as x scale + shift; x counts as 0
   * over the border. See {@link CropMirrorNormalise}.
   *
   * @param windows int32 [N, 3]: top, left, and whether it is mirrored from left to right
   */
  default Tensor cropMirrorNormalise(
      Tensor windows, long height, long width, Tensor scale, Tensor shift) {
    return Dispatch.run(new CropMirrorNormalise(height, width), self(), windows, scale, shift)[0];
  }

  /** A constant around the tensor: counts before and after, by axis. */
  default Tensor pad(long[] before, long[] after, double value) {
    return Dispatch.run(
        new Pad(
            LongStream.of(before).boxed().toList(), LongStream.of(after).boxed().toList(), value),
        self())[0];
  }

  /** Tensors one after another along an axis. */
  static Tensor concat(int axis, Tensor... parts) {
    int resolved = parts.length == 0 ? 0 : parts[0].shape().axis("concat", axis);
    return new Concat(resolved).apply(parts);
  }

  /** Tensors of one shape along a new axis. */
  static Tensor stack(int axis, Tensor... parts) {
    return concat(axis, Arrays.stream(parts).map(p -> p.unsqueeze(axis)).toArray(Tensor[]::new));
  }

  /** Views of consecutive parts of an axis, {@code size} long each but perhaps the last. */
  default Tensor[] split(int axis, long size) {
    long extent = self().extent(axis);
    Tensor[] parts = new Tensor[Math.toIntExact(Math.ceilDiv(extent, size))];
    for (int i = 0; i < parts.length; i++) {
      parts[i] = self().slice(axis, i * size, Math.min(extent, (i + 1) * size));
    }
    return parts;
  }

  /** Squared difference from a target: its mean, sum, or each. */
  default Tensor squaredError(Tensor target, Reduction reduction) {
    return reduced(binary(BinaryKind.SQUARED_DIFFERENCE, target), reduction);
  }

  /**
   * Binary cross-entropy of these logits z with targets t in [0, 1]: max(z, 0) - z t + log(1 +
   * exp(-|z|)).
   */
  default Tensor binaryCrossEntropy(Tensor target, Reduction reduction) {
    return reduced(binary(BinaryKind.BINARY_CROSS_ENTROPY, target), reduction);
  }

  private static Tensor reduced(Tensor losses, Reduction reduction) {
    return switch (reduction) {
      case NONE -> losses;
      case SUM -> losses.sum();
      case MEAN -> losses.mean();
    };
  }
}
