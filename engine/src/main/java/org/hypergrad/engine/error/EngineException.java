package org.hypergrad.engine.error;

/**
 * A mistake in the use of the engine, or a failure of what lies below it.
 *
 * <p>Every message reads {@code <op>: <problem>; got <values>; expected <rule>; hint: <one
 * action>}; the parts are also fields, so that a program can react to them. Parts that say nothing
 * are empty and left out of the message.
 */
public abstract class EngineException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Where it happened, from the outermost place inwards. */
  private String place = "";

  private final String op;
  private final String problem;
  private final String got;
  private final String expected;
  private final String hint;

  protected EngineException(String op, String problem, String got, String expected, String hint) {
    super(message(op, problem, got, expected, hint));
    this.op = op;
    this.problem = problem;
    this.got = got;
    this.expected = expected;
    this.hint = hint;
  }

  private static String message(
      String op, String problem, String got, String expected, String hint) {
    StringBuilder text = new StringBuilder(op).append(": ").append(problem);
    if (!got.isEmpty()) {
      text.append("; got ").append(got);
    }
    if (!expected.isEmpty()) {
      text.append("; expected ").append(expected);
    }
    if (!hint.isEmpty()) {
      text.append("; hint: ").append(hint);
    }
    return text.toString();
  }

  /**
   * Adds where this happened, such as the name of a layer; called from the inside outwards, as the
   * exception passes.
   */
  public void passed(String name) {
    place = place.isEmpty() ? name : name + "." + place;
  }

  /** Path of the layer in which it happened, such as {@code features.3}; may be empty. */
  public String place() {
    return place;
  }

  @Override
  public String getMessage() {
    return place.isEmpty() ? super.getMessage() : "in " + place + ": " + super.getMessage();
  }

  /** The operation that was asked for, such as {@code matmul}. */
  public String op() {
    return op;
  }

  /** What is wrong, in a few words. */
  public String problem() {
    return problem;
  }

  /** The values that were given, with shapes, types and devices; may be empty. */
  public String got() {
    return got;
  }

  /** The rule that they break; may be empty. */
  public String expected() {
    return expected;
  }

  /** One action that helps; may be empty. */
  public String hint() {
    return hint;
  }
}
