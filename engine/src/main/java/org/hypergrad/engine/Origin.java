package org.hypergrad.engine;

import java.security.ProtectionDomain;

/**
 * Where a tensor was made: the operation, and the first line outside of the engine that asked for
 * it. Looking up the line costs a microsecond or two, more than many an op; so only the first
 * tensors of a program have it, among which are those of all lines of most programs. {@code
 * -Dhypergrad.origins=true} gives it to all tensors, {@code false} to none.
 */
final class Origin {
  private static final int FIRST = 20_000;

  /** How many lines are still looked up; threads may count a few too many. */
  private static int left =
      switch (System.getProperty("hypergrad.origins", "")) {
        case "true" -> Integer.MAX_VALUE;
        case "false" -> 0;
        default -> FIRST;
      };

  private static final StackWalker WALKER =
      StackWalker.getInstance(StackWalker.Option.RETAIN_CLASS_REFERENCE);
  private static final ProtectionDomain ENGINE = Origin.class.getProtectionDomain();

  private final String op;
  private final StackWalker.StackFrame line;

  private Origin(String op, StackWalker.StackFrame line) {
    this.op = op;
    this.line = line;
  }

  static Origin of(String op) {
    if (left <= 0) {
      return new Origin(op, null);
    }
    left -= left == Integer.MAX_VALUE ? 0 : 1;
    return new Origin(op, caller());
  }

  private static StackWalker.StackFrame caller() {
    return WALKER.walk(
        frames ->
            frames
                .filter(f -> f.getDeclaringClass().getProtectionDomain() != ENGINE)
                .findFirst()
                .orElse(null));
  }

  String op() {
    return op;
  }

  @Override
  public String toString() {
    return line == null
        ? "by " + op + " (-Dhypergrad.origins=true tells the line)"
        : "by " + op + " at " + line.toStackTraceElement();
  }
}
