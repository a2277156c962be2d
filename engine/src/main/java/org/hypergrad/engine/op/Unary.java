package org.hypergrad.engine.op;

import org.hypergrad.engine.Backward;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Keep;
import org.hypergrad.engine.Spec;

/**
 * A point-wise function of one tensor: y = f(x; a, b), any shape.
 *
 * @param kind the function, with its value and derivative
 * @param a first parameter, 0 where the kind has none
 * @param b second parameter, 0 where the kind has none
 */
public record Unary(UnaryKind kind, double a, double b) implements Differentiable {
  @Override
  public String name() {
    return kind.names().op();
  }

  @Override
  public Spec[] infer(Spec... in) {
    Rules.floating(name(), in);
    Rules.argument(
        name(),
        kind != UnaryKind.CLAMP || !(Double.isNaN(a) || Double.isNaN(b)),
        "bound is NaN",
        () -> "[" + a + ", " + b + "]",
        "numbers");
    return Rules.one(in[0]);
  }

  @Override
  public Keep keep(int wanted) {
    return switch (kind.keeps()) {
      case NOTHING -> Keep.NOTHING;
      case INPUT -> Keep.inputs(0);
      case OUTPUT -> Keep.outputs(0);
    };
  }

  @Override
  public void backward(Backward bw) {
    Gradient gradient = new Gradient(kind, a, b);
    bw.give(
        0,
        () ->
            switch (kind.keeps()) {
              case NOTHING -> Dispatch.run(gradient, bw.gradient())[0];
              case INPUT -> Dispatch.run(gradient, bw.gradient(), bw.input(0))[0];
              case OUTPUT -> Dispatch.run(gradient, bw.gradient(), bw.output(0))[0];
            });
  }

  /**
   * dx = dy f'(x). Inputs: dy, and x or y if the kind keeps one.
   *
   * @param kind the function
   * @param a first parameter
   * @param b second parameter
   */
  public record Gradient(UnaryKind kind, double a, double b) implements Op {
    @Override
    public String name() {
      return kind.names().gradient();
    }

    @Override
    public Spec[] infer(Spec... in) {
      return Rules.one(in[0]);
    }
  }
}
