package org.hypergrad.nn.save;

import java.nio.file.Path;
import java.util.List;
import org.hypergrad.engine.error.EngineException;

/** A file of weights or training state that cannot be written, is damaged, or does not fit. */
public final class CheckpointException extends EngineException {
  private static final long serialVersionUID = 1L;

  private final transient Path file;
  private final transient List<String> problems;
  private final boolean damage;

  /**
   * What is wrong with a file.
   *
   * @param problems each mismatch; empty if there is one problem, which {@code problem} says
   * @param cause what was thrown below, or null
   */
  public CheckpointException(
      Path file,
      String problem,
      List<String> problems,
      String expected,
      String hint,
      Throwable cause) {
    this(file, problem, problems, expected, hint, cause, false);
  }

  private CheckpointException(
      Path file,
      String problem,
      List<String> problems,
      String expected,
      String hint,
      Throwable cause,
      boolean damage) {
    super(file.toString(), problem, lines(problems), expected, hint);
    this.file = file;
    this.problems = List.copyOf(problems);
    this.damage = damage;
    if (cause != null) {
      initCause(cause);
    }
  }

  /** A file whose content is not, or not all of, what was once written. */
  static CheckpointException damaged(Path file, String problem, Throwable cause) {
    return new CheckpointException(
        file,
        problem,
        List.of(),
        "a whole safetensors file",
        "take another copy; a program that rewrites a file has to drop " + ContentHash.KEY,
        cause,
        true);
  }

  private static String lines(List<String> problems) {
    return problems.size() < 2 ? String.join("", problems) : "\n  " + String.join("\n  ", problems);
  }

  public Path file() {
    return file;
  }

  /** Whether the file is damaged, so that an earlier one may serve in its place. */
  public boolean isDamage() {
    return damage;
  }

  /** Each mismatch. */
  public List<String> problems() {
    return problems;
  }
}
