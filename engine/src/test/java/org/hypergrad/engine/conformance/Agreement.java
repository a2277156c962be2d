package org.hypergrad.engine.conformance;

import static org.junit.jupiter.api.Assertions.fail;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.op.BatchNorm;
import org.hypergrad.engine.op.Descend;
import org.hypergrad.engine.op.Op;
import org.hypergrad.engine.op.PreconditionedDescend;
import org.hypergrad.engine.op.Reshape;
import org.hypergrad.engine.op.TopK;

/** The conformance table on a device, held against the reference in double. */
final class Agreement {
  /**
   * Rounding errors of float32 against double, relative to the largest value of a tensor or 1: the
   * sums here have at most some hundred terms, whose errors add up like a random walk.
   */
  private static final double TOLERANCE = 4e-6;

  /** What becomes of NaN and infinity. */
  enum Specials {
    /** They come out as what they are, and where they are. */
    EXACT,
    /** Some number that is not finite comes out where they do: sums are taken in another order. */
    ANY_KIND,
    /** As before, and NaN elsewhere too: the zeros of a padding are multiplied, or transformed. */
    SPREADING
  }

  private Agreement() {}

  /** Every row that a layout applies to, forward and backward. */
  static void ofAllRows(Device device, Layout layout) {
    List<String> failures = new ArrayList<>();
    for (Case row : ConformanceTable.rows()) {
      if (applies(row, layout)) {
        compare(device, layout, row, row.values(), Specials.EXACT, failures);
      }
    }
    report(failures);
  }

  /** The first row of every op with a number planted in each of its floating inputs in turn. */
  static void withPlanted(Device device, double special, Function<Op, Specials> specials) {
    List<String> failures = new ArrayList<>();
    Set<Op> seen = new HashSet<>();
    for (Case row : ConformanceTable.rows()) {
      List<double[]> values = row.values();
      boolean first = seen.add(row.op());
      for (int i = 0; first && i < values.size(); i++) {
        if (row.inputs().get(i).floating() && values.get(i).length > 1) {
          List<double[]> planted = new ArrayList<>(values);
          double[] changed = values.get(i).clone();
          changed[changed.length / 2] = special;
          planted.set(i, changed);
          for (Layout layout : List.of(Layout.CONTIGUOUS, Layout.CHANNELS_LAST)) {
            if (applies(row, layout)) {
              compare(device, layout, row, planted, specials.apply(row.op()), failures);
            }
          }
        }
      }
    }
    report(failures);
  }

  private static boolean applies(Case row, Layout layout) {
    // What changes in place cannot have elements that are one and the same, and a view op that must
    // copy first is not a view.
    boolean broadcast = layout == Layout.BROADCAST;
    return !(row.op() instanceof BatchNorm && broadcast)
        && !(row.op() instanceof Descend && broadcast)
        && !(row.op() instanceof PreconditionedDescend && broadcast)
        && !(row.op() instanceof Reshape && layout != Layout.CONTIGUOUS)
        && !(row.op() instanceof TopK && broadcast);
  }

  private static void compare(
      Device device,
      Layout layout,
      Case row,
      List<double[]> values,
      Specials specials,
      List<String> failures) {
    try {
      Case.Result expected = row.run(Device.reference(), DType.FLOAT64, layout, values);
      Case.Result actual = row.run(device, DType.FLOAT32, layout, values);
      for (int i = 0; i < expected.outputs().size(); i++) {
        check(
            row + " output " + i,
            expected.outputs().get(i),
            actual.outputs().get(i),
            specials,
            failures);
      }
      for (int i = 0; i < expected.inputs().size(); i++) {
        check(
            row + " input " + i + " afterwards",
            expected.inputs().get(i),
            actual.inputs().get(i),
            specials,
            failures);
      }
      for (int i = 0; i < expected.gradients().size(); i++) {
        check(
            row + " gradient " + i,
            expected.gradients().get(i),
            actual.gradients().get(i),
            specials,
            failures);
      }
    } catch (RuntimeException | AssertionError failure) {
      failures.add(row + " in " + layout + ": " + failure);
    }
  }

  private static void check(
      String what, double[] expected, double[] actual, Specials specials, List<String> failures) {
    if (expected == null || actual == null) {
      if (expected != actual) {
        failures.add(what + ": a gradient on one side only");
      }
      return;
    }
    if (expected.length != actual.length) {
      failures.add(what + ": " + expected.length + " elements, got " + actual.length);
      return;
    }
    double size = Arrays.stream(expected).filter(Double::isFinite).map(Math::abs).max().orElse(0);
    for (int i = 0; i < expected.length; i++) {
      if (!same(expected[i], actual[i], TOLERANCE * Math.max(1, size), specials)) {
        failures.add(what + "[" + i + "]: expected " + expected[i] + ", got " + actual[i]);
        return;
      }
    }
  }

  private static boolean same(double e, double a, double tolerance, Specials specials) {
    if (Double.isFinite(e)) {
      return Math.abs(e - a) <= tolerance || specials == Specials.SPREADING && Double.isNaN(a);
    }
    return specials == Specials.EXACT ? Double.compare(e, a) == 0 : !Double.isFinite(a);
  }

  private static void report(List<String> failures) {
    if (!failures.isEmpty()) {
      fail(failures.size() + " rows differ:\n" + String.join("\n", failures));
    }
  }
}
