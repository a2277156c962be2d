package org.hypergrad.bench.cpu;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.openjdk.jmh.runner.RunnerException;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Which rows are timed, and where the files go. */
final class Selection {
  @Parameters(
      paramLabel = "PATTERN",
      arity = "0..*",
      description =
          "Regular expressions; rows whose names have one are timed, all if none is given.")
  private List<String> patterns = List.of();

  @Option(names = "--list", description = "Prints the names of the rows, and times nothing.")
  private boolean list;

  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "${sys:hypergrad.root:-.}/bench/out",
      description = "Where the results go, as .json and .csv; bench/out unless told otherwise.")
  private Path out;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec;

  /** Times those of {@code rows} that are meant, and leaves files of this name. */
  void run(List<Row> rows, Settings settings, String name) throws IOException, RunnerException {
    List<Row> chosen = chosen(rows);
    CommandLine line = spec.commandLine();
    if (list) {
      chosen.forEach(row -> line.getOut().println(row.name()));
    } else {
      List<String> words = new ArrayList<>(List.of(spec.root().name()));
      words.addAll(spec.root().commandLine().getParseResult().originalArgs());
      new Session(settings, line.getOut()).run(String.join(" ", words), chosen, out, name);
    }
  }

  private List<Row> chosen(List<Row> rows) {
    List<Pattern> wanted = new ArrayList<>();
    for (String pattern : patterns) {
      try {
        wanted.add(Pattern.compile(pattern, Pattern.CASE_INSENSITIVE));
      } catch (PatternSyntaxException bad) {
        throw new ParameterException(
            spec.commandLine(),
            "\"%s\" is no regular expression: %s near index %d"
                .formatted(pattern, bad.getDescription(), bad.getIndex()),
            bad);
      }
    }
    List<Row> chosen =
        rows.stream()
            .filter(
                row ->
                    wanted.isEmpty() || wanted.stream().anyMatch(p -> p.matcher(row.name()).find()))
            .toList();
    if (chosen.isEmpty()) {
      throw new ParameterException(
          spec.commandLine(), "no row is like %s; --list prints all".formatted(patterns));
    }
    return chosen;
  }
}
