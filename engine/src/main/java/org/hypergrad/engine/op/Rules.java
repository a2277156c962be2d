package org.hypergrad.engine.op;

import java.util.Arrays;
import java.util.function.Supplier;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.error.DTypeException;
import org.hypergrad.engine.error.ShapeException;

/** The checks that shape rules are made of; each throws with the operation and what it got. */
final class Rules {
  private Rules() {}

  static void floating(String op, Spec... in) {
    for (Spec spec : in) {
      if (!spec.dtype().isFloating() || spec.dtype() != in[0].dtype()) {
        throw new DTypeException(
            op, "element types do not fit", Arrays.toString(in), "one floating type", "cast");
      }
    }
  }

  static void dtype(String op, Spec in, DType expected) {
    if (in.dtype() != expected) {
      throw new DTypeException(
          op, "wrong element type", in.toString(), expected.toString(), "cast");
    }
  }

  static void sameDType(String op, Spec... in) {
    for (Spec spec : in) {
      if (spec.dtype() != in[0].dtype()) {
        throw new DTypeException(
            op, "element types differ", Arrays.toString(in), "one type", "cast");
      }
    }
  }

  static void rank(String op, Spec in, int rank, String meaning) {
    if (in.shape().rank() != rank) {
      throw new ShapeException(op, "wrong rank", in.toString(), meaning, "");
    }
  }

  static void shape(String op, boolean fits, String problem, String expected, Spec... in) {
    if (!fits) {
      throw new ShapeException(op, problem, Arrays.toString(in), expected, "");
    }
  }

  /** For what is put into words only if it does not fit, as each op asks at each call. */
  static void shape(
      String op, boolean fits, String problem, Supplier<String> expected, Spec... in) {
    if (!fits) {
      throw new ShapeException(op, problem, Arrays.toString(in), expected.get(), "");
    }
  }

  static void argument(String op, boolean valid, String problem, Object got, String expected) {
    if (!valid) {
      throw new ArgumentException(op, problem, String.valueOf(got), expected, "");
    }
  }

  static void argument(
      String op, boolean valid, String problem, Supplier<String> got, String expected) {
    if (!valid) {
      throw new ArgumentException(op, problem, got.get(), expected, "");
    }
  }

  static Spec[] one(Spec out) {
    return new Spec[] {out};
  }
}
