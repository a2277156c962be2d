package org.hypergrad.engine.conformance;

import static org.hypergrad.engine.conformance.Input.condition;
import static org.hypergrad.engine.conformance.Input.index;
import static org.hypergrad.engine.conformance.Input.offset;
import static org.hypergrad.engine.conformance.Input.pixel;
import static org.hypergrad.engine.conformance.Input.positive;
import static org.hypergrad.engine.conformance.Input.signed;

import java.util.ArrayList;
import java.util.List;
import org.hypergrad.engine.Axes;
import org.hypergrad.engine.Backward;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Keep;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.*;

/** The table: at least one row for every op, with odd, unit and empty extents. */
final class ConformanceTable {
  private final List<Case> rows = new ArrayList<>();

  private ConformanceTable() {
    pointwise();
    creation();
    reductions();
    losses();
    products();
    pooling();
    normalisation();
    structure();
    images();
    descents();
    preconditionedDescents();
  }

  static List<Case> rows() {
    return List.copyOf(new ConformanceTable().rows);
  }

  private void add(Op op, Input... inputs) {
    rows.add(Case.of(op, inputs));
  }

  private void pointwise() {
    for (UnaryKind kind : UnaryKind.values()) {
      boolean positive =
          kind == UnaryKind.LOG
              || kind == UnaryKind.SQRT
              || kind == UnaryKind.POW
              || kind == UnaryKind.RECIPROCAL;
      double a = kind == UnaryKind.CLAMP ? -0.7 : 1.3;
      double b = kind == UnaryKind.CLAMP ? 1.1 : 0;
      for (long[] extents : new long[][] {{3, 5, 7}, {2, 3, 5, 3}, {1}, {}, {0, 3}, {67}}) {
        add(new Unary(kind, a, b), positive ? positive(extents) : signed(extents));
      }
      add(new Unary.Gradient(kind, a, b), signed(3, 7), positive(3, 7));
    }
    for (BinaryKind kind : BinaryKind.values()) {
      boolean positive = kind == BinaryKind.POW || kind == BinaryKind.DIV;
      long[][][] shapes = {
        {{3, 5, 7}, {3, 5, 7}}, {{2, 3, 5, 3}, {3, 1, 1}}, {{5, 1}, {7}}, {{2, 3, 1}, {1, 5}},
        {{}, {4}}, {{1}, {1}}, {{0, 3}, {3}}, {{33}, {}}
      };
      for (long[][] pair : shapes) {
        add(
            new Binary(kind),
            positive ? positive(pair[0]) : signed(pair[0]),
            positive ? positive(pair[1]) : signed(pair[1]));
      }
      add(new Binary.Gradient(kind, false), signed(4, 5), positive(4, 5), positive(5));
      add(new Binary.Gradient(kind, true), signed(4, 5), positive(4, 1), positive(4, 5));
    }
    for (CompareKind kind : CompareKind.values()) {
      add(new Compare(kind), signed(3, 5), signed(5));
      add(new Compare(kind), index(7, 3), index(7, 1));
      add(new Compare(kind), signed(0), signed(1));
    }
    add(new Where(), condition(3, 5), signed(3, 5), signed(3, 5));
    add(new Where(), condition(5), signed(2, 3, 1), signed());
    add(new Where(), condition(0, 5), signed(5), signed(1));
    for (long[] extents : new long[][] {{3, 5, 7}, {1}, {0, 4}}) {
      add(new Cast(DType.INT32), signed(extents));
      add(new Cast(DType.UINT8), positive(extents));
      add(new Cast(DType.FLOAT32), index(extents));
      add(new Contiguous(), signed(extents));
      add(new Contiguous(), condition(extents));
    }
    add(new Contiguous(), signed(2, 3, 5, 4));
    add(new Contiguous(), signed(40, 70));
    add(new Custom(new Doubling()), signed(3, 5));
  }

  /** 2 x, as somebody else's op. */
  private record Doubling() implements CustomOp {
    @Override
    public String name() {
      return "doubling";
    }

    @Override
    public Spec[] infer(Spec... in) {
      return new Spec[] {in[0]};
    }

    @Override
    public void forward(Tensor[] in, Tensor[] out) {
      out[0].assign(in[0].mul(2));
    }

    @Override
    public Keep keep(int wanted) {
      return Keep.NOTHING;
    }

    @Override
    public void backward(Backward b) {
      b.give(0, () -> b.gradient().mul(2));
    }
  }

  private void creation() {
    add(new Arange(Spec.of(DType.FLOAT32, 17), 0.5, 0.25));
    add(new Arange(Spec.of(DType.INT32, 5), 3, -2));
    for (long count : new long[] {0, 1, 7, 1000}) {
      add(new RandomUniform(Spec.of(DType.FLOAT32, count), 42, 3, -1, 2));
      add(new RandomNormal(Spec.of(DType.FLOAT32, count), 42, 4, 1, 0.5));
    }
    add(new Dropout(0.4, 9, 1), signed(3, 5, 7));
    add(new Dropout(0.4, 9, 1), signed(2, 3, 4, 5));
    add(new Dropout(1, 9, 1), signed(5));
    add(new Dropout(0, 9, 1), signed(0, 5));
    add(new OneHot(3, DType.FLOAT32), index(2, 5));
    add(new OneHot(3, DType.INT32), index(0));
  }

  private void reductions() {
    for (ReduceKind kind : ReduceKind.values()) {
      double correction = kind == ReduceKind.VARIANCE ? 1 : 0;
      for (int mask = 1; mask < 16; mask++) {
        add(new Reduce(kind, new Axes(mask), mask % 2 == 0, correction), signed(3, 2, 5, 7));
      }
      add(new Reduce(kind, new Axes(0), false, 0), signed(4, 3));
      add(new Reduce(kind, new Axes(1), false, correction), signed(1009));
      add(new Reduce(kind, new Axes(0b10), true, correction), signed(0, 3));
      if (kind != ReduceKind.MAX && kind != ReduceKind.MIN) {
        add(new Reduce(kind, new Axes(0b1), false, 0), signed(0, 3));
      }
    }
    for (ReduceKind kind :
        List.of(ReduceKind.MAX, ReduceKind.MIN, ReduceKind.LOG_SUM_EXP, ReduceKind.NORM)) {
      add(new Reduce.Gradient(kind, new Axes(0b10)), signed(3, 1), signed(3, 5), positive(3, 1));
    }
    for (int axis = 0; axis < 3; axis++) {
      for (boolean flag : new boolean[] {false, true}) {
        add(new ArgReduce(flag, axis, axis == 1), signed(3, 5, 4));
        add(new ArgReduce(flag, axis, false), index(3, 5, 4));
        add(new Softmax(axis, flag), signed(3, 5, 4));
        add(new Softmax.Gradient(axis, flag), signed(3, 5, 4), signed(3, 5, 4));
      }
      add(new TopK(2, axis), signed(3, 5, 4));
    }
    add(new Softmax(1, true), signed(17, 10));
    add(new Softmax(1, false), signed(0, 10));
    add(new Softmax(0, false), signed(1));
    add(new Norms(), signed(3, 5, 4), signed(2, 4500), signed(), signed(0, 3));
    add(new Norms(), signed(7));
    add(new TopK(0, 0), signed(3));
    add(new TopK(1, 1), signed(0, 3));
  }

  private void losses() {
    for (Reduction reduction : Reduction.values()) {
      for (double smoothing : new double[] {0, 0.2}) {
        for (int ignored : new int[] {CrossEntropy.IGNORED_LABEL, 1}) {
          CrossEntropy op = new CrossEntropy(reduction, smoothing, ignored);
          add(op, signed(7, 3), index(7));
          rows.add(Case.of(op, signed(7, 4), index(7), positive(4)).constant(2));
          rows.add(Case.of(op, signed(2, 3, 5), index(2, 5), positive(3)).constant(2));
        }
      }
    }
    add(new CrossEntropy(Reduction.SUM, 0, -100), signed(0, 3), index(0));
    add(new CrossEntropy.Gradient(CrossEntropy.mean()), signed(), signed(7, 3), index(7));
  }

  private void products() {
    add(new MatMul(), signed(5, 7), signed(7, 3));
    add(new MatMul(), signed(2, 3, 5, 4), signed(3, 4, 6));
    add(new MatMul(), signed(2, 1, 5, 4), signed(1, 3, 4, 6));
    add(new MatMul(), signed(1, 1), signed(1, 1));
    add(new MatMul(), signed(0, 5), signed(5, 4));
    add(new MatMul(), signed(3, 0), signed(0, 4));
    add(new MatMul(), signed(5, 7), signed(7, 3), signed(3));
    add(new MatMul(), signed(50, 7), signed(7, 3), signed(50, 3));
    add(new MatMul(), signed(5, 7), signed(7, 3), signed(5, 1));
    add(new MatMul(), signed(5, 7), signed(7, 3), signed());
    add(new MatMul(), signed(2, 3, 5, 4), signed(3, 4, 6), signed(3, 1, 6));
    add(new MatMul(), signed(3, 0), signed(0, 4), signed(4));
    Window2d unit = Window2d.UNIT;
    Conv2d padded = Conv2d.of(unit.withPadding(1));
    convolution(padded, 2, 3, 7, 5, 4, 3, 3);
    convolution(Conv2d.of(unit.withStride(2).withPadding(1)), 2, 3, 8, 7, 4, 3, 3);
    convolution(new Conv2d(unit.withDilation(2).withPadding(1), 2), 1, 4, 7, 7, 6, 3, 2);
    convolution(new Conv2d(unit, 3), 2, 3, 4, 4, 3, 1, 1);
    convolution(Conv2d.of(unit.withStride(3)), 1, 1, 5, 5, 1, 2, 2);
    convolution(Conv2d.of(unit.same(2, 4)), 1, 2, 5, 6, 3, 2, 4);
    add(padded, signed(0, 3, 4, 4), signed(2, 3, 3, 3), signed(2));
    add(new Conv2d.InputGradient(padded, 4, 4), signed(0, 2, 4, 4), signed(2, 3, 3, 3));
    add(new Conv2d.WeightGradient(padded, 3, 3), signed(0, 3, 4, 4), signed(0, 2, 4, 4));
    add(
        new ConvTranspose2d(Conv2d.of(unit.withStride(2).withPadding(1)), new Window2d.Pair(1, 0)),
        signed(2, 3, 4, 3),
        signed(3, 4, 3, 3),
        signed(4));
  }

  private void convolution(
      Conv2d op, long n, long c, long height, long width, long o, long kh, long kw) {
    long[] w = {o, c / op.groups(), kh, kw};
    long outHeight = op.window().outHeight(height, kh);
    long outWidth = op.window().outWidth(width, kw);
    add(op, signed(n, c, height, width), signed(w), signed(o));
    add(op, signed(n, c, height, width), signed(w));
    add(new Conv2d.InputGradient(op, height, width), signed(n, o, outHeight, outWidth), signed(w));
    add(
        new Conv2d.WeightGradient(op, kh, kw),
        signed(n, c, height, width),
        signed(n, o, outHeight, outWidth));
    add(
        new ConvTranspose2d(op, new Window2d.Pair(0, 0)),
        signed(n, o, outHeight, outWidth),
        signed(w),
        signed(c));
  }

  private void pooling() {
    List<Pool2d> pools =
        List.of(
            Pool2d.of(2),
            Pool2d.of(3, 2, 1),
            Pool2d.of(2, 1, 0),
            Pool2d.of(3, 2, 1).withCeil(),
            Pool2d.of(2, 3, 0).withCeil());
    for (Pool2d pool : pools) {
      for (long[] extents : new long[][] {{2, 3, 7, 5}, {1, 17, 6, 6}, {0, 2, 5, 5}}) {
        add(new MaxPool2d(pool), signed(extents));
        add(new AvgPool2d(pool, true), signed(extents));
        add(new AvgPool2d(pool, false), signed(extents));
      }
    }
    add(
        new MaxPool2d(new Pool2d(new Window2d.Pair(2, 3), Window2d.UNIT.withDilation(2), false)),
        signed(1, 2, 7, 8));
    Pool2d besideEmptyImage =
        new Pool2d(
            new Window2d.Pair(2, 1),
            new Window2d(Window2d.Pair.ONE, new Window2d.Padding(1, 1, 0, 0), Window2d.Pair.ONE),
            false);
    add(new MaxPool2d(besideEmptyImage), signed(2, 1, 0, 3));
    add(new AvgPool2d(besideEmptyImage, false), signed(2, 1, 0, 3));
    add(new AvgPool2d(Pool2d.of(8), true), signed(1, 2, 9, 25));
    // Each of these windows covers the whole image, so that any of its places may win.
    add(new MaxPool2d.Gradient(Pool2d.of(5, 1, 2), 3, 3), signed(2, 3, 3, 3), index(2, 3, 3, 3));
    add(new AvgPool2d.Gradient(new AvgPool2d(Pool2d.of(2), true), 4, 5), signed(2, 3, 2, 2));
    for (long[] grid : new long[][] {{1, 1}, {3, 2}, {7, 5}, {9, 8}}) {
      add(new AdaptiveAvgPool2d(grid[0], grid[1]), signed(2, 3, 7, 5));
    }
    add(new AdaptiveAvgPool2d.Gradient(7, 5), signed(2, 3, 3, 2));
  }

  private void normalisation() {
    for (boolean training : new boolean[] {true, false}) {
      for (long[] extents : new long[][] {{5, 3}, {4, 3, 6}, {2, 3, 5, 3}, {3, 17, 4, 5}}) {
        long c = extents[1];
        rows.add(
            Case.of(
                    new BatchNorm(1e-5, 0.1, training),
                    signed(extents),
                    signed(c),
                    signed(c),
                    signed(c),
                    positive(c))
                .constant(3, 4));
        add(
            new BatchNorm.Gradient(training),
            signed(extents),
            signed(extents),
            signed(c),
            signed(c),
            positive(c));
      }
    }
    rows.add(
        Case.of(
                new BatchNorm(1e-5, 0.1, false),
                signed(0, 3),
                signed(3),
                signed(3),
                signed(3),
                positive(3))
            .constant(3, 4));
    add(new LayerNorm(1e-5), signed(4, 7), signed(7), signed(7));
    add(new LayerNorm(1e-5), signed(2, 3, 5, 3), signed(5, 3), signed(5, 3));
    add(new LayerNorm(1e-5), signed(0, 7), signed(7), signed(7));
    add(new LayerNorm.Gradient(), signed(4, 7), signed(4, 7), signed(7), signed(4), positive(4));
  }

  private void structure() {
    add(new Concat(1), signed(2, 3, 4), signed(2, 1, 4), signed(2, 0, 4));
    add(new Concat(0), signed(5));
    add(new Concat(1), index(2, 3), index(2, 2));
    add(new Pad(List.of(1L, 0L), List.of(0L, 2L), -1.5), signed(3, 5));
    add(new Pad(List.of(1L, 0L, 2L, 0L), List.of(1L, 1L, 0L, 0L), 0), signed(2, 3, 2, 3));
    add(new Pad(List.of(0L, 1L), List.of(0L, 1L), 7), condition(0, 3));
    add(new Gather(1), signed(2, 3, 4), index(2, 5, 4));
    add(new Gather(0), signed(3), index(7));
    add(new Gather(0), signed(3, 0), index(2, 0));
    add(new Gather.ScatterAdd(1, 3), signed(2, 5, 4), index(2, 5, 4));
    add(new Slice(1, 1, 6, 2), signed(3, 7, 2));
    add(new Slice(0, 2, 2, 1), signed(3));
    add(new Slice.Gradient(new Slice(1, 1, 6, 2), 7), signed(3, 3, 2));
    add(new Reshape(Shape.of(6, 5)), signed(2, 3, 5));
    add(new Reshape(Shape.of(0)), signed(2, 0));
    add(new Permute(List.of(2, 0, 1)), signed(2, 3, 5));
    add(new Permute(List.of()), signed());
    add(new Expand(Shape.of(4, 2, 3)), signed(2, 1));
    add(new Expand(Shape.of(0, 3)), signed(3));
  }

  /** Windows of an image's size, larger, smaller, and beside it on all sides. */
  private void images() {
    for (long[] size : new long[][] {{5, 7}, {3, 4}, {9, 8}, {1, 1}, {0, 3}}) {
      CropMirrorNormalise op = new CropMirrorNormalise(size[0], size[1]);
      add(op, pixel(4, 3, 5, 7), offset(4, 3), signed(3), signed(3));
      add(op, pixel(1, 1, 2, 1), offset(1, 3), signed(1), signed(1));
      add(op, pixel(5, 5, 1, 1), index(5, 3), signed(5), signed(5));
      add(op, pixel(2, 3, 0, 4), offset(2, 3), signed(3), signed(3));
      add(op, pixel(0, 3, 5, 7), offset(0, 3), signed(3), signed(3));
    }
    add(new CropMirrorNormalise(37, 41), pixel(3, 3, 37, 41), offset(3, 3), signed(3), signed(3));
  }

  /** Two parameters each: an odd one with more elements than a vector has, and one of one. */
  private void descents() {
    for (DescentRule rule :
        List.of(
            new DescentRule.Sgd(0, false, 0),
            new DescentRule.Sgd(0, false, 0.1),
            new DescentRule.Sgd(0.9, false, 0),
            new DescentRule.Sgd(0.9, true, 0.1),
            new DescentRule.Adam(0.9, 0.99, 1e-3, 0),
            new DescentRule.Adam(0.8, 0.9, 1e-2, 0.1),
            new DescentRule.RmsProp(0.9, 1e-3, 0, false, 0),
            new DescentRule.RmsProp(0.9, 1e-2, 0.5, false, 0.1),
            new DescentRule.RmsProp(0.9, 1e-2, 0, true, 0),
            new DescentRule.RmsProp(0.9, 1e-2, 0.5, true, 0),
            new DescentRule.Adagrad(1e-3, 0),
            new DescentRule.Adagrad(1e-3, 0.1))) {
      List<Input> inputs = new ArrayList<>();
      for (long[] extents : new long[][] {{2, 3, 5, 3}, {}, {0, 3}}) {
        inputs.add(signed(extents));
        inputs.add(signed(extents));
        for (int state = 0; state < rule.states(); state++) {
          inputs.add(positive(extents));
        }
      }
      Descend.Part part = new Descend.Part(0.1, 1.25, 1.5, 0.95);
      add(
          new Descend(rule, List.of(part, new Descend.Part(0.01, 1, 1, 1), part)),
          inputs.toArray(Input[]::new));
    }
  }

  /** Rows of the sizes that kernels have, and of one that is larger than a vector. */
  private void preconditionedDescents() {
    DescentRule plain = new DescentRule.Sgd(0, false, 0);
    DescentRule momentum = new DescentRule.Sgd(0.9, false, 0);
    DescentRule adam = new DescentRule.Adam(0.9, 0.99, 1e-3, 0);
    preconditioned(momentum, adam, false, true);
    preconditioned(momentum, adam, true, true);
    preconditioned(plain, plain, false, true);
    preconditioned(plain, momentum, true, false);
    preconditioned(adam, new DescentRule.Adam(0.9, 0.99, 1e-3, 0.1), false, true);
    preconditioned(new DescentRule.Sgd(0.9, true, 0.1), momentum, true, true);
    preconditioned(new DescentRule.RmsProp(0.9, 1e-2, 0.5, true, 0.1), adam, false, false);
    preconditioned(new DescentRule.RmsProp(0.9, 1e-2, 0, false, 0), adam, false, true);
    preconditioned(new DescentRule.Adagrad(1e-3, 0.1), plain, false, true);
  }

  private void preconditioned(
      DescentRule rule, DescentRule factorRule, boolean factorFirst, boolean learns) {
    List<Input> inputs = new ArrayList<>();
    List<PreconditionedDescend.Part> parts = new ArrayList<>();
    Descend.Part numbers = new Descend.Part(0.1, 1.25, 1.5, 0.95);
    Descend.Part small = new Descend.Part(0.001, 1.25, 1.5, 1);
    for (long[] extents :
        new long[][] {{5, 3, 3, 3}, {1, 1, 1, 1}, {67, 2}, {3, 5}, {2, 49}, {0, 4}}) {
      long k = extents.length == 4 ? extents[2] * extents[3] : extents[1];
      for (int operand = 0; operand < 3; operand++) {
        inputs.add(signed(extents));
      }
      inputs.add(signed(k, k));
      for (int state = 0; state < rule.states(); state++) {
        inputs.add(positive(extents));
      }
      for (int state = 0; state < factorRule.states(); state++) {
        inputs.add(positive(k, k));
      }
      // Where there is nothing to learn from, g' is not read.
      parts.add(new PreconditionedDescend.Part(numbers, small, 0.01, learns && k != 2));
    }
    add(
        new PreconditionedDescend(rule, factorRule, factorFirst, parts),
        inputs.toArray(Input[]::new));
  }
}
