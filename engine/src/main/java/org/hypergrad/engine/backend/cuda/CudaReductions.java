package org.hypergrad.engine.backend.cuda;

import java.util.Locale;
import java.util.stream.IntStream;
import org.hypergrad.engine.Axes;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.ArgReduce;
import org.hypergrad.engine.op.Reduce;
import org.hypergrad.engine.op.ReduceKind;
import org.hypergrad.engine.op.TopK;
import org.hypergrad.kernels.DeviceMemory;
import org.hypergrad.kernels.Launch;

/** Ops that make one element out of many. */
final class CudaReductions {
  /** Bytes that a part of a group leaves for the second pass, at most. */
  private static final long STATE_BYTES = 16;

  private final Kernels kernels;

  CudaReductions(Kernels kernels) {
    this.kernels = kernels;
  }

  /** Where results and what they are made of lie. */
  private record Places(Strided kept, Strided reduced, long outputs, long count) {
    static Places of(Tensor x, Axes axes) {
      Shape shape = x.shape();
      long count = axes.count(shape);
      return new Places(
          Strided.of(x, IntStream.range(0, x.rank()).filter(i -> !axes.contains(i)).toArray()),
          Strided.of(x, IntStream.range(0, x.rank()).filter(axes::contains).toArray()),
          axes.reduce(shape, true).count(),
          count);
    }

    /** Rows of the reduced axes lie {@code size} elements apart, results side by side. */
    static Places ofRows(long rows, long size) {
      return new Places(
          new Strided(new long[0], new long[1][0]),
          new Strided(new long[] {rows}, new long[][] {{size}}),
          size,
          rows);
    }

    /** Whether neighbouring results, not what they are made of, are neighbours in memory. */
    boolean columns() {
      return innermost(kept) == 1 && innermost(reduced) != 1;
    }

    private static long innermost(Strided strided) {
      return strided.isContiguous() ? 1 : strided.strides()[0][strided.extents().length - 1];
    }
  }

  void reduce(Reduce op, Tensor x, Tensor out) {
    Places places = Places.of(x, op.axes());
    double divisor =
        switch (op.kind()) {
          case MEAN -> places.count;
          case VARIANCE -> places.count - op.correction();
          case SUM, MAX, MIN, LOG_SUM_EXP, NORM -> 1;
        };
    String kind = op.kind() == ReduceKind.MEAN ? "sum" : op.kind().name().toLowerCase(Locale.ROOT);
    DeviceMemory block = Kernels.block(x);
    run(
        kind,
        places,
        divisor,
        launch -> Kernels.pointer(launch, out),
        launch -> launch.pointer(block, Kernels.byteOffset(x)));
  }

  /** What a launch is given in one place of its argument list. */
  private interface Arguments {
    void addTo(Launch launch);
  }

  /** Sums of the rows of a block [rows, size], which lie one after another, into out [size]. */
  void sumRows(DeviceMemory rows, long count, long size, Tensor out) {
    run(
        "sum",
        Places.ofRows(count, size),
        1,
        launch -> Kernels.pointer(launch, out),
        launch -> launch.pointer(rows));
  }

  private void run(String kind, Places p, double divisor, Arguments out, Arguments in) {
    boolean columns = p.columns();
    int lanes = Team.lanes(p.count, columns);
    long parts = Team.parts(p.outputs, p.count, lanes);
    String kernel = "reduce_" + kind + "_f32";
    if (parts == 1) {
      Launch launch = kernels.blocks(Team.tiles(p.outputs, lanes), kernel);
      out.addTo(launch);
      rest(launch.nullPointer(), p, in, 1, lanes, columns, divisor);
      return;
    }
    try (DeviceMemory partial = kernels.scratch(kind, p.outputs * parts * STATE_BYTES)) {
      Launch launch = kernels.blocks(Team.tiles(p.outputs, lanes) * parts, kernel);
      out.addTo(launch);
      rest(launch.pointer(partial), p, in, parts, lanes, columns, divisor);
      Launch finish = kernels.blocks(p.outputs, "reduce_" + kind + "_finish_f32");
      out.addTo(finish);
      finish.pointer(partial).int64(p.outputs).int64(p.count).int64(parts).float64(divisor).run();
    }
  }

  private static void rest(
      Launch launch,
      Places p,
      Arguments in,
      long parts,
      int lanes,
      boolean columns,
      double divisor) {
    in.addTo(launch);
    p.kept.into(launch);
    p.reduced
        .into(launch)
        .int64(p.outputs)
        .int64(p.count)
        .int64(parts)
        .int32(lanes)
        .int32(columns ? 1 : 0)
        .float64(divisor)
        .run();
  }

  void argReduce(ArgReduce op, Tensor x, Tensor out) {
    DeviceMemory block = Kernels.block(x);
    run(
        op.name(),
        Places.of(x, new Axes(1 << op.axis())),
        1,
        launch -> Kernels.pointer(launch, out),
        launch -> launch.pointer(block, Kernels.byteOffset(x)));
  }

  /** Inputs dy, x, y. The gradient of an extreme is shared by all elements that equal it. */
  void gradient(Reduce.Gradient op, Tensor[] in, Tensor out) {
    Tensor dy = in[0].contiguous();
    Tensor x = in[1];
    Tensor y = in[2].contiguous();
    Strided strided = Strided.of(x.shape(), x, dy);
    if (op.kind() != ReduceKind.MAX && op.kind() != ReduceKind.MIN) {
      String kernel = "reduce_" + op.name().replace(' ', '_') + "_f32";
      Launch launch = Kernels.pointers(kernels.over(out.count(), kernel), out, dy, x, y);
      strided.into(launch).int64(out.count()).run();
      return;
    }
    try (DeviceMemory ties = kernels.scratch(op.name(), y.count() * Float.BYTES)) {
      run(
          "ties",
          Places.of(x, op.axes()),
          1,
          launch -> launch.pointer(ties),
          launch -> Kernels.pointers(launch, x, y));
      Launch launch = kernels.over(out.count(), "reduce_extreme_gradient_f32");
      Kernels.pointers(launch, out, dy, x, y).pointer(ties);
      strided.into(launch).int64(out.count()).run();
    }
  }

  void topK(TopK op, Tensor x, Tensor[] out) {
    Tensor dense = x.contiguous();
    long count = x.extent(op.axis());
    long groups = x.count() / count;
    long inner = CudaStructure.inner(x.shape(), op.axis());
    int lanes = Team.lanes(count, inner > 1);
    Launch launch = kernels.blocks(Team.tiles(groups, lanes), "movement_top_k_f32");
    Kernels.pointers(launch, out)
        .pointer(Kernels.block(dense), Kernels.byteOffset(dense))
        .int64(groups)
        .int64(count)
        .int64(inner)
        .int64(op.k())
        .int32(lanes)
        .run();
  }
}
