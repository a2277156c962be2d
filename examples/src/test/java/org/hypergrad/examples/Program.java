package org.hypergrad.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;

/** What a program said, and its exit code. */
record Program(int code, String out, String err) {
  /** Runs one by its command line. */
  static Program run(List<String> arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    int code =
        Examples.commandLine(new PrintWriter(out), new PrintWriter(err))
            .execute(arguments.toArray(String[]::new));
    return new Program(code, out.toString(), err.toString());
  }

  /** This, which must have succeeded. */
  Program done() {
    assertEquals(0, code, out + err);
    return this;
  }
}
