package org.hypergrad.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.hypergrad.engine.error.ShapeException;
import org.hypergrad.engine.op.Conv2d;
import org.hypergrad.engine.op.ConvTranspose2d;
import org.hypergrad.engine.op.CustomOp;
import org.hypergrad.engine.op.Window2d;
import org.junit.jupiter.api.Test;

class ProfileTest {
  private static Map<String, Profile.Row> rows(Profile profile) {
    return profile.rows().stream().collect(Collectors.toMap(Profile.Row::op, Function.identity()));
  }

  private static Profile of(Runnable body) {
    Profile profile = new Profile();
    Device.cpu().run(() -> Scope.run(() -> profile.run(body)));
    return profile;
  }

  @Test
  void countsCallsAndBytes() {
    Profile profile =
        of(
            () -> {
              Tensor x = Tensor.ones(3, 5);
              x.relu();
              x.add(Tensor.ones(5)).relu();
            });
    Map<String, Profile.Row> rows = rows(profile);
    assertEquals(2, rows.size());
    assertEquals(2, rows.get("relu").calls());
    assertEquals(2 * 2 * 15 * 4, rows.get("relu").bytes());
    assertEquals((15 + 5 + 15) * 4, rows.get("add").bytes());
    assertEquals(0, rows.get("add").multiplications());
  }

  /** Each with a loop nest written out: batch, output, and what is summed over. */
  @Test
  void countsTheMultiplicationsOfProducts() {
    Window2d window = Window2d.UNIT.withPadding(1);
    Profile profile =
        of(
            () -> {
              Tensor.ones(7, 2, 3).matmul(Tensor.ones(3, 5));
              Tensor x = Tensor.ones(2, 4, 8, 9);
              Tensor w = Tensor.ones(6, 2, 3, 3);
              Tape.record(
                  tape -> {
                    tape.watch(x);
                    tape.watch(w);
                    return tape.backward(new Conv2d(window, 2).apply(x, w).sum());
                  });
              ConvTranspose2d.of(window).apply(x, Tensor.ones(4, 6, 3, 3));
            });
    Map<String, Profile.Row> rows = rows(profile);
    assertEquals(7 * 2 * 5 * 3, rows.get("matmul").multiplications());
    long pass = 2L * 6 * 8 * 9 * 2 * 3 * 3;
    assertEquals(pass, rows.get("conv2d").multiplications());
    assertEquals(pass, rows.get("conv2d input gradient").multiplications());
    assertEquals(pass, rows.get("conv2d weight gradient").multiplications());
    assertEquals(2L * 4 * 8 * 9 * 6 * 3 * 3, rows.get("conv_transpose2d").multiplications());
  }

  /** Sleeps, and runs another op if there is one. */
  private record Sleeping(String name, long milliseconds, CustomOp inner) implements CustomOp {
    @Override
    public Spec[] infer(Spec... in) {
      return in;
    }

    @Override
    public void forward(Tensor[] in, Tensor[] out) {
      sleep(milliseconds);
      out[0].assign(inner == null ? in[0] : inner.apply(in[0])[0]);
    }

    @Override
    public Keep keep(int wanted) {
      return Keep.NOTHING;
    }

    @Override
    public void backward(Backward b) {
      b.give(0, b::gradient);
    }
  }

  private static void sleep(long milliseconds) {
    try {
      Thread.sleep(milliseconds);
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }

  /** A sleep is never shorter than asked for: times are bounded from below, and add up exactly. */
  @Test
  void anOpCountsWithoutThoseInItAndAllAddsUp() {
    Profile profile =
        of(
            () -> {
              CustomOp slower = new Sleeping("slower", 60, null);
              new Sleeping("slow", 20, slower).apply(Tensor.ones(2));
              sleep(30);
            });
    Map<String, Profile.Row> rows = rows(profile);
    assertTrue(rows.get("slow").nanos() >= 19_000_000, "slow");
    assertTrue(rows.get("slower").nanos() >= 59_000_000, "slower");
    assertTrue(profile.nanosOutside() >= 29_000_000, "outside");
    assertEquals(
        profile.nanos(),
        profile.nanosOutside() + profile.rows().stream().mapToLong(Profile.Row::nanos).sum());
    assertTrue(
        profile.nanos() - rows.get("slower").nanos() - profile.nanosOutside()
            >= rows.get("slow").nanos());
  }

  @Test
  void whatThrowsDoesNotCountAndWhatFollowsDoes() {
    Profile profile = new Profile();
    Device.cpu()
        .run(
            () ->
                Scope.run(
                    () -> {
                      Tensor x = Tensor.ones(2, 3);
                      assertThrows(ShapeException.class, () -> profile.run(() -> x.matmul(x)));
                      profile.run(x::relu);
                      x.relu();
                    }));
    assertEquals(1, profile.rows().size());
    assertEquals(1, profile.rows().getFirst().calls());
  }

  @Test
  void countsOwnThreadAndTheInnermostProfileAlone() {
    Profile outer = new Profile();
    Profile inner = new Profile();
    Device.cpu()
        .run(
            () ->
                Scope.run(
                    () ->
                        outer.run(
                            () -> {
                              Tensor x = Tensor.ones(2);
                              x.relu();
                              inner.run(() -> x.abs());
                              Thread other =
                                  Thread.ofPlatform().start(() -> Scope.run(() -> x.square()));
                              try {
                                other.join();
                              } catch (InterruptedException interrupted) {
                                throw new IllegalStateException(interrupted);
                              }
                            })));
    assertEquals(1, outer.rows().size());
    assertEquals("relu", outer.rows().getFirst().op());
    assertEquals("abs", inner.rows().getFirst().op());
  }
}
