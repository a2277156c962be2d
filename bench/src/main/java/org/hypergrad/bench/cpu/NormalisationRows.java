package org.hypergrad.bench.cpu;

import static org.hypergrad.engine.DType.INT32;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.hypergrad.engine.op.BatchNorm;
import org.hypergrad.engine.op.CrossEntropy;
import org.hypergrad.engine.op.LayerNorm;
import org.hypergrad.engine.op.Softmax;

/** Softmax, cross-entropy, and what brings values to mean 0 and variance 1. */
final class NormalisationRows {
  private static final double EPSILON = 1e-5;
  private static final long[] ALL_CNN = {128, 96, 32, 32};
  private static final long[] RESNET = {16, 64, 56, 56};

  private NormalisationRows() {}

  static List<Row> all() {
    List<Row> rows = new ArrayList<>();
    for (boolean log : new boolean[] {false, true}) {
      Softmax softmax = new Softmax(1, log);
      rows.add(
          OpRow.of(
              "softmax/" + softmax.name() + ", 4096 x 1000", softmax, Operand.signed(4096, 1000)));
    }
    rows.add(
        OpRow.of(
            "softmax/softmax gradient, 4096 x 1000",
            new Softmax.Gradient(1, false),
            Operand.signed(4096, 1000),
            Operand.positive(4096, 1000)));
    crossEntropy(rows, 128, 10);
    crossEntropy(rows, 4096, 1000);
    layerNorm(rows, 4096, 768);
    batchNorm(rows, ALL_CNN);
    batchNorm(rows, RESNET);
    return rows;
  }

  private static void crossEntropy(List<Row> rows, long batch, long classes) {
    String name = "softmax/cross-entropy %s" + ", %d x %d".formatted(batch, classes);
    Operand logits = Operand.signed(batch, classes);
    Operand labels = Operand.whole(INT32, classes, batch);
    CrossEntropy loss = CrossEntropy.mean();
    rows.add(OpRow.of(name.formatted("forward"), loss, logits, labels));
    rows.add(
        OpRow.of(
            name.formatted("gradient"),
            new CrossEntropy.Gradient(loss),
            Operand.signed(),
            logits,
            labels));
  }

  private static void layerNorm(List<Row> rows, long outer, long inner) {
    String name = "layer norm/%s" + ", %d x %d".formatted(outer, inner);
    Operand x = Operand.signed(outer, inner);
    Operand scale = Operand.positive(inner);
    rows.add(
        OpRow.of(
            name.formatted("forward"), new LayerNorm(EPSILON), x, scale, Operand.signed(inner)));
    rows.add(
        OpRow.of(
            name.formatted("gradient"),
            new LayerNorm.Gradient(),
            Operand.signed(outer, inner),
            x,
            scale,
            Operand.signed(outer),
            Operand.positive(outer)));
  }

  private static void batchNorm(List<Row> rows, long[] shape) {
    String name = "batch norm/%s" + ", %d x %d x %d x %d".formatted(box(shape));
    Operand x = Operand.channelsLast(shape);
    Operand mean = Operand.signed(shape[1]);
    Operand positive = Operand.positive(shape[1]);
    for (boolean training : new boolean[] {true, false}) {
      rows.add(
          OpRow.of(
              name.formatted(training ? "in training" : "in evaluation"),
              new BatchNorm(EPSILON, 0.1, training),
              x,
              positive,
              mean,
              mean,
              positive));
    }
    rows.add(
        OpRow.of(
            name.formatted("gradient"),
            new BatchNorm.Gradient(true),
            Operand.channelsLast(shape),
            x,
            positive,
            mean,
            positive));
  }

  private static Object[] box(long[] shape) {
    return Arrays.stream(shape).boxed().toArray();
  }
}
