package org.hypergrad.examples.toy;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.fop.FopException;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.Rule;

/**
 * The way of one method over a surface, in float32: a step after each point but the last.
 *
 * @param points where it went, from the start on
 * @param failure why it did not arrive, if so
 */
record Descent(Surface surface, String method, List<Point> points, Optional<String> failure) {
  /** The value below which a method has converged. */
  private static final double GOAL = 1e-6;

  /** A point of the plane, and the function's value there. */
  record Point(double x, double y, double value) {}

  /** Goes down until the value is below 1e-6, for {@code limit} steps at most. */
  static Descent of(Surface surface, String method, Rule rule, long limit) {
    List<Point> points = new ArrayList<>();
    Optional<String> failure =
        Scope.call(
            () -> {
              try (Parameter at = new Parameter(method, Role.OTHER, Tensor.of(surface.start(), 2));
                  Optimizer optimizer = Optimizer.of(rule, List.of(at))) {
                while (!Scope.call(() -> arrived(surface, at, optimizer, points, limit))) {}
                Point last = points.getLast();
                return last.value < GOAL ? Optional.empty() : Optional.of(missed(last, limit));
              } catch (FopException stopped) {
                return Optional.of(stopped.getMessage());
              }
            });
    return new Descent(surface, method, points, failure);
  }

  /** Notes the point; takes a step from it unless it is the last. */
  private static boolean arrived(
      Surface surface, Parameter at, Optimizer optimizer, List<Point> points, long limit) {
    boolean[] end = new boolean[1];
    Gradients gradients =
        Tape.record(
            tape -> {
              Tensor value = surface.value(at.value().select(0, 0), at.value().select(0, 1));
              points.add(new Point(at.value().get(0), at.value().get(1), value.item()));
              double last = points.getLast().value;
              end[0] = last < GOAL || !Double.isFinite(last) || optimizer.steps() == limit;
              return end[0] ? null : tape.backward(value);
            });
    if (!end[0]) {
      optimizer.step(gradients);
    }
    return end[0];
  }

  private static String missed(Point last, long limit) {
    return Double.isFinite(last.value)
        ? "not within " + limit + " steps: the value is still " + last.value
        : "ran away, its value is " + last.value;
  }

  /** Steps that were done. */
  long steps() {
    return points.size() - 1;
  }
}
