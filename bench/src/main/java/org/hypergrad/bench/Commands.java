package org.hypergrad.bench;

import java.io.IOException;
import org.hypergrad.engine.error.EngineException;
import org.openjdk.jmh.runner.RunnerException;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** How programs here answer. */
public final class Commands {
  private Commands() {}

  /** Exit codes: 0 done, 1 failed with a message, 2 not understood. */
  public static CommandLine line(Object command) {
    return new CommandLine(command)
        .setUsageHelpAutoWidth(true)
        .setParameterExceptionHandler(Commands::notUnderstood)
        .setExecutionExceptionHandler(Commands::failed);
  }

  /** The message alone: the whole help would push it off the screen. */
  private static int notUnderstood(ParameterException mistake, String[] arguments) {
    CommandLine line = mistake.getCommandLine();
    line.getErr().println(mistake.getMessage());
    UnmatchedArgumentException.printSuggestions(mistake, line.getErr());
    line.getErr().println("see " + line.getCommandSpec().qualifiedName() + " --help");
    return line.getCommandSpec().exitCodeOnInvalidInput();
  }

  private static int failed(Exception failure, CommandLine line, CommandLine.ParseResult parsed)
      throws Exception {
    switch (failure) {
      case EngineException expected -> line.getErr().println(expected.getMessage());
      case IOException files -> line.getErr().println("cannot read or write: " + files);
      case RunnerException benchmark -> line.getErr().println(benchmark.getMessage());
      default -> throw failure;
    }
    return 1;
  }
}
