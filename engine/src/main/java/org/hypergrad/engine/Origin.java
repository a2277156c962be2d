package org.hypergrad.engine;

import java.security.ProtectionDomain;

/**
 * Where a tensor was made: the operation, and the first line outside of the engine that asked for
 * it. Looking up the line costs about a microsecond; {@code -Dhypergrad.origins=false} leaves it
 * out.
 */
final class Origin {
  private static final boolean LINES =
      !"false".equals(System.getProperty("hypergrad.origins", "true"));
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
    return new Origin(op, LINES ? caller() : null);
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
