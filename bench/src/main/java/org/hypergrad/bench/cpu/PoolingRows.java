package org.hypergrad.bench.cpu;

import java.util.ArrayList;
import java.util.List;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.op.AdaptiveAvgPool2d;
import org.hypergrad.engine.op.AvgPool2d;
import org.hypergrad.engine.op.MaxPool2d;
import org.hypergrad.engine.op.Pool2d;

/** Pooling of images that lie as a convolution leaves them. */
final class PoolingRows {
  private PoolingRows() {}

  static List<Row> all() {
    List<Row> rows = new ArrayList<>();
    rows(rows, "3 x 3 / 2, 16 x 64 x 112 x 112", Pool2d.of(3, 2, 1), 16, 64, 112, 56);
    rows(rows, "2 x 2, 128 x 96 x 32 x 32", Pool2d.of(2), 128, 96, 32, 16);
    rows.add(
        OpRow.of(
            "pooling/adaptive average to 1 x 1, 128 x 512 x 7 x 7",
            new AdaptiveAvgPool2d(1, 1),
            Operand.channelsLast(128, 512, 7, 7)));
    rows.add(
        OpRow.of(
            "pooling/adaptive average to 1 x 1, gradient, 128 x 512 x 7 x 7",
            new AdaptiveAvgPool2d.Gradient(7, 7),
            Operand.channelsLast(128, 512, 1, 1)));
    return rows;
  }

  /** Forward and gradient of both kinds, of images [n, c, extent, extent]. */
  private static void rows(
      List<Row> rows, String title, Pool2d pool, long n, long c, long extent, long out) {
    MaxPool2d max = new MaxPool2d(pool);
    AvgPool2d average = new AvgPool2d(pool, true);
    Operand x = Operand.channelsLast(n, c, extent, extent);
    Operand dy = Operand.channelsLast(n, c, out, out);
    Operand places =
        Operand.computed(
            Spec.of(DType.INT32, n, c, out, out),
            random -> Dispatch.run(max, x.make().apply(random))[1]);
    rows.add(OpRow.of("pooling/max " + title, max, x));
    rows.add(
        OpRow.of(
            "pooling/max gradient " + title,
            new MaxPool2d.Gradient(pool, extent, extent),
            dy,
            places));
    rows.add(OpRow.of("pooling/average " + title, average, x));
    rows.add(
        OpRow.of(
            "pooling/average gradient " + title,
            new AvgPool2d.Gradient(average, extent, extent),
            dy));
  }
}
