package org.hypergrad.engine;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.hypergrad.engine.error.DTypeException;
import org.hypergrad.engine.error.DeviceException;
import org.hypergrad.engine.error.ShapeException;
import org.hypergrad.engine.error.TapeException;
import org.hypergrad.engine.op.CustomOp;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TapeTest {
  private final long before = Device.reference().memory().live();

  @AfterEach
  void nothingIsLeft() {
    assertEquals(before, Device.reference().memory().live());
  }

  /** Runs in a scope on the reference device. */
  private static void inScope(Runnable body) {
    Device.reference().run(() -> Scope.run(body));
  }

  private static Tensor leaf(double... values) {
    return Tensor.of(values, values.length).requireGradient();
  }

  @Test
  void theGradientOfAProductOfSharedFactors() {
    inScope(
        () -> {
          Tensor x = leaf(2, 3);
          // y = sum(x^2 * x + x) has the derivative 3 x^2 + 1.
          Gradients g = Tape.record(tape -> tape.backward(x.square().mul(x).add(x).sum()));
          assertArrayEquals(new double[] {13, 28}, g.of(x).toDoubles());
        });
  }

  @Test
  void broadcastOperandsGetTheSumOfTheirGradients() {
    inScope(
        () -> {
          Tensor x = Tensor.of(new double[] {1, 2, 3, 4, 5, 6}, 2, 3).requireGradient();
          Tensor bias = leaf(10, 20, 30);
          Tensor scale = Tensor.of(new double[] {2}).requireGradient();
          Gradients g = Tape.record(tape -> tape.backward(x.mul(scale).add(bias).square().sum()));
          // d/dbias_j = sum_i 2 (2 x_ij + b_j), d/dscale = sum 2 (2 x + b) x.
          assertArrayEquals(new double[] {60, 108, 156}, g.of(bias).toDoubles());
          assertEquals(1284, g.of(scale).item());
          assertEquals(Shape.SCALAR, g.of(scale).shape());
        });
  }

  @Test
  void severalOutputsAreDifferentiatedInOneWalk() {
    inScope(
        () -> {
          Tensor x = leaf(1, 2);
          Gradients g =
              Tape.record(
                  tape -> {
                    Tensor a = x.mul(3);
                    Tensor b = a.square();
                    return tape.backward(
                        List.of(a, b),
                        List.of(
                            Tensor.of(new double[] {1, 0}, 2), Tensor.of(new double[] {0, 1}, 2)));
                  });
          // a_0 contributes 3; b_1 = 9 x_1^2 contributes 18 x_1.
          assertArrayEquals(new double[] {3, 36}, g.of(x).toDoubles());
        });
  }

  @Test
  void aLeafThatWasNotReachedHasNoGradientRatherThanZero() {
    inScope(
        () -> {
          Tensor x = leaf(1);
          Tensor unused = leaf(1);
          Gradients g = Tape.record(tape -> tape.backward(x.mul(2).sum()));
          assertFalse(g.has(unused));
          assertThrows(TapeException.class, () -> g.of(unused));
          assertEquals(1, g.leaves().size());
        });
  }

  @Test
  void detachAndPausedRegionsAreConstants() {
    inScope(
        () -> {
          Tensor x = leaf(3);
          Gradients g =
              Tape.record(
                  tape -> {
                    Tensor constant = Tape.paused(() -> x.square());
                    return tape.backward(x.mul(constant).mul(x.detach()).sum());
                  });
          assertEquals(27, g.of(x).item());
        });
  }

  @Test
  void aWatchedTensorIsALeafOfThisTapeOnly() {
    inScope(
        () -> {
          Tensor x = Tensor.of(new double[] {2}, 1);
          Gradients g =
              Tape.record(
                  tape -> {
                    tape.watch(x);
                    return tape.backward(x.square().sum());
                  });
          assertEquals(4, g.of(x).item());
          TapeException failure =
              assertThrows(
                  TapeException.class, () -> Tape.record(t -> t.backward(x.square().sum())));
          assertTrue(failure.problem().contains("depends on no leaf"));
        });
  }

  @Test
  void theOutputMayBeALeafItself() {
    inScope(
        () -> {
          Tensor x = leaf(2);
          Gradients g =
              Tape.record(
                  tape -> {
                    x.square();
                    return tape.backward(x);
                  });
          assertEquals(1, g.of(x).item());
        });
  }

  @Test
  void aSecondBackwardIsRefused() {
    inScope(
        () ->
            Tape.record(
                tape -> {
                  Tensor y = leaf(1).square().sum();
                  tape.backward(y);
                  TapeException failure = assertThrows(TapeException.class, () -> tape.backward(y));
                  assertTrue(failure.problem().contains("walked already"));
                  assertTrue(failure.hint().contains("second derivatives are not supported"));
                  return null;
                }));
  }

  @Test
  void secondDerivativesAreRefusedWithAClearText() {
    inScope(
        () -> {
          Tensor x = leaf(3);
          Tape.record(
              outer -> {
                Gradients inner = Tape.record(tape -> tape.backward(x.pow(3).sum()));
                TapeException failure =
                    assertThrows(
                        TapeException.class, () -> outer.backward(inner.of(x).square().sum()));
                assertTrue(failure.hint().contains("second derivatives are not supported"));
                return null;
              });
          Tape.record(
              outer -> {
                Tensor y = x.square();
                TapeException failure =
                    assertThrows(
                        TapeException.class,
                        () -> Tape.record(tape -> tape.backward(y.mul(x).sum())));
                assertTrue(failure.problem().contains("another open tape"));
                return null;
              });
        });
  }

  @Test
  void aKeptValueThatWasChangedInPlaceIsRefused() {
    inScope(
        () -> {
          Tensor x = leaf(3);
          Tensor constant = Tensor.of(new double[] {5}, 1);
          Tape.record(
              tape -> {
                Tensor y = x.mul(constant).sum();
                constant.fill(7);
                TapeException failure = assertThrows(TapeException.class, () -> tape.backward(y));
                assertEquals("mul", failure.op());
                assertTrue(failure.problem().contains("changed in place"));
                assertTrue(failure.got().contains("TapeTest.java"), failure.got());
                return null;
              });
        });
  }

  @Test
  void differentiatedTensorsDoNotChangeInPlaceWhileATapeIsOpen() {
    inScope(
        () -> {
          Tensor x = leaf(3);
          Tape.record(
              tape -> {
                assertThrows(TapeException.class, () -> x.fill(1));
                Tensor y = x.square();
                assertThrows(TapeException.class, () -> y.assign(x));
                tape.backward(y.sum());
                x.fill(1);
                return null;
              });
          assertEquals(1, x.item());
        });
  }

  @Test
  void activationsEndAsSoonAsTheWalkHasUsedThem() {
    inScope(
        () -> {
          Device device = Device.reference();
          Tensor x = Tensor.full(1, DType.FLOAT64, 1000).requireGradient();
          long[] live = new long[3];
          Tape.record(
              tape -> {
                live[0] = device.memory().live();
                Tensor y =
                    Scope.call(
                        () -> {
                          Tensor h = x;
                          for (int i = 0; i < 10; i++) {
                            h = h.square();
                          }
                          return h.sum();
                        });
                live[1] = device.memory().live();
                tape.backward(y);
                live[2] = device.memory().live();
                return null;
              });
          // Nine of ten results are kept for backward, 8 KiB each; then just the gradient remains.
          assertEquals(9 * 8192 + 64, live[1] - live[0]);
          assertEquals(8192 + 64, live[2] - live[0]);
        });
  }

  @Test
  void aTapeThatIsNeverWalkedLeavesNothing() {
    inScope(() -> Tape.record(tape -> leaf(1, 2).exp().mul(3).sum().item()));
  }

  @Test
  void aDeepChainIsWalkedWithoutRecursion() {
    inScope(
        () -> {
          Tensor x = leaf(1);
          Gradients g =
              Tape.record(
                  tape -> {
                    Tensor y = x;
                    for (int i = 0; i < 20_000; i++) {
                      y = y.add(x);
                    }
                    return tape.backward(y.sum());
                  });
          assertEquals(20_001, g.of(x).item());
        });
  }

  @Test
  void wrongUseIsNamed() {
    inScope(
        () -> {
          Tensor x = leaf(1, 2);
          assertThrows(ShapeException.class, () -> Tape.record(tape -> tape.backward(x.square())));
          assertThrows(
              ShapeException.class,
              () ->
                  Tape.record(tape -> tape.backward(List.of(x.square()), List.of(Tensor.ones(2)))));
          assertThrows(DTypeException.class, () -> Tensor.of(new int[] {1}, 1).requireGradient());
          assertThrows(DeviceException.class, () -> Device.named("tpu"));
        });
  }

  /** y = x^3 with its own gradient, from outside of the engine's ops. */
  private record Cube() implements CustomOp {
    @Override
    public String name() {
      return "cube";
    }

    @Override
    public Spec[] infer(Spec... in) {
      return new Spec[] {in[0]};
    }

    @Override
    public void forward(Tensor[] in, Tensor[] out) {
      out[0].assign(in[0].square().mul(in[0]));
    }

    @Override
    public Keep keep(int wanted) {
      return Keep.inputs(0);
    }

    @Override
    public void backward(Backward b) {
      b.give(0, () -> b.gradient().mul(b.input(0).square().mul(3)));
    }
  }

  @Test
  void aCustomOpHasItsOwnGradient() {
    inScope(
        () -> {
          Tensor x = leaf(2, -1);
          Gradients g =
              Tape.record(
                  tape -> {
                    Tensor y = new Cube().apply(x)[0];
                    assertArrayEquals(new double[] {8, -1}, y.toDoubles());
                    return tape.backward(y.mul(2).sum());
                  });
          assertArrayEquals(new double[] {24, 6}, g.of(x).toDoubles());
        });
  }
}
