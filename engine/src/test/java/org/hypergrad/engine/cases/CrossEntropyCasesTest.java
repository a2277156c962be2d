package org.hypergrad.engine.cases;

import static org.hypergrad.engine.cases.Target.assertNear;
import static org.hypergrad.engine.cases.Target.differentiate;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.CrossEntropy;
import org.hypergrad.engine.op.Reduction;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The known values of softmax and losses; a test is named after the id of its case. */
class CrossEntropyCasesTest {
  private static final double INFINITY = Double.POSITIVE_INFINITY;

  /** Loss and gradient of one row of logits. */
  private static Tensor[] loss(Target on, int label, double... logits) {
    return differentiate(
        in -> CrossEntropy.mean().apply(in[0], Tensor.of(new int[] {label}, 1)),
        on.full(1),
        on.tensor(logits, 1, logits.length));
  }

  @ParameterizedTest
  @EnumSource
  void ceIgnoreMinus1(Target on) {
    on.run(
        () -> {
          double[] logits = {
            0.1735, 0.2191, -0.1377, 0.3467, -0.2162, 0.2021, -0.1177, 0.2157, -0.1232, 0.262,
            -0.1578, 0.4038, -0.0209, 0.3298, -0.0639, 0.2317, -0.3914, 0.2106, -0.4211, 0.342
          };
          int[] labels = {0, -1, 0, 0, 0, 0, 0, 0, -1, 0};
          Tensor loss =
              new CrossEntropy(Reduction.MEAN, 0.1, -1)
                  .apply(on.tensor(logits, 10, 2), Tensor.of(labels, 10), on.vector(1, 16));
          // Eight decimals are known.
          assertNear(
              "ce-ignore-minus1",
              Known.of("ce-ignore-minus1").numbers(),
              loss,
              on.isDouble() ? 5e-9 : 1e-6);
        });
  }

  @ParameterizedTest
  @EnumSource
  void ceHugeLogits(Target on) {
    on.run(
        () -> {
          Known known = Known.of("ce-huge-logits");
          Tensor[] r = loss(on, 2, 1000, 0, -1000);
          known.check(on, "loss", r[0]);
          known.check(on, "dZ", r[1]);
          known.check(on, "log_softmax", on.vector(1000, 0, -1000).logSoftmax(0));
        });
  }

  @ParameterizedTest
  @EnumSource
  void ceUnderflow(Target on) {
    on.run(() -> Known.of("ce-underflow").check(on, "loss", loss(on, 0, -101, 0)[0]));
  }

  @ParameterizedTest
  @EnumSource
  void ceUnderflow2(Target on) {
    on.run(() -> Known.of("ce-underflow-2").check(on, "loss", loss(on, 0, -200, 0)[0]));
  }

  @ParameterizedTest
  @EnumSource
  void ceNeginfLogit(Target on) {
    on.run(
        () -> {
          Known known = Known.of("ce-neginf-logit");
          known.check(on, "log_softmax", on.vector(0, -INFINITY).logSoftmax(0));
          Tensor[] first = loss(on, 0, 0, -INFINITY);
          known.check(on, "loss_t0", first[0]);
          known.check(on, "dZ_t0", first[1]);
          known.check(on, "loss_t1", loss(on, 1, 0, -INFINITY)[0]);
        });
  }

  @ParameterizedTest
  @EnumSource
  void lseAllNeginf(Target on) {
    on.run(
        () -> {
          Tensor[] r =
              differentiate(
                  in -> in[0].logSumExp(1),
                  on.full(1, 2),
                  on.tensor(new double[] {1, 2, -INFINITY, -INFINITY}, 2, 2));
          Known known = Known.of("lse-all-neginf");
          known.check(on, "value", r[0]);
          known.check(on, "grad_row0", r[1].select(0, 0));
          known.check(on, "grad_row1_recommended", r[1].select(0, 1));
        });
  }

  @ParameterizedTest
  @EnumSource
  void softmaxPosinf(Target on) {
    on.run(() -> Known.of("softmax-posinf").check(on, "torch", on.vector(0, INFINITY).softmax(0)));
  }

  @ParameterizedTest
  @EnumSource
  void ceNoncontiguous(Target on) {
    on.run(
        () -> {
          Known known = Known.of("ce-noncontiguous");
          Tensor logits = on.tensor(known.numbers("buf"), 2, 10, 4);
          Tensor labels = Tensor.of(new int[] {0, 3, 7, 1, 5, 2, 9, 4}, 2, 4);
          double[] expected = known.numbers("loss_k");
          for (int k = 0; k < 4; k++) {
            Tensor view = logits.select(2, k);
            Tensor loss = CrossEntropy.mean().apply(view, labels.select(1, k));
            double tolerance = on.isDouble() ? 1e-9 : 1e-6;
            assertEquals(expected[k], loss.item(), tolerance * expected[k], "k = " + k);
          }
        });
  }

  @ParameterizedTest
  @EnumSource
  void bceSaturated(Target on) {
    on.run(
        () -> {
          Tensor[] r =
              differentiate(
                  in -> in[0].binaryCrossEntropy(on.full(1, 3), Reduction.NONE),
                  on.full(1, 3),
                  on.vector(40, -40, 0));
          Known known = Known.of("bce-saturated");
          known.check(on, "loss", r[0]);
          known.check(on, "dZ", r[1]);
        });
  }

  @ParameterizedTest
  @EnumSource
  void ceEmptyBatch(Target on) {
    on.run(
        () -> {
          Tensor logits = on.full(0, 0, 3);
          Tensor labels = Tensor.of(new int[0], 0);
          Known.of("ce-empty-batch").check(on, "torch", CrossEntropy.mean().apply(logits, labels));
          CrossEntropy sum = new CrossEntropy(Reduction.SUM, 0, CrossEntropy.IGNORED_LABEL);
          assertEquals(0, sum.apply(logits, labels).item());
        });
  }
}
