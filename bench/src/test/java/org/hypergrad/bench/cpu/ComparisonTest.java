package org.hypergrad.bench.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.hypergrad.bench.Commands;
import org.hypergrad.bench.results.Facts;
import org.hypergrad.bench.results.Results;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ComparisonTest {
  private static final Facts HERE =
      new Facts("bench/run x", "2 forks", "2026-01-02", "c0ffee", "Linux", "a fast one", 8, "25");

  private static final Facts THERE =
      new Facts("bench/run y", "2 forks", "2026-01-03", "beef", "Linux", "a slow one", 4, "25");

  @TempDir private Path folder;

  private static Timing row(String name, double ms, double error) {
    return new Timing(name, ms, error, 16, "GB/s", 1000, 1e-3 / ms, 50, 0);
  }

  private static Results<Timing> run(Facts facts, Timing... rows) {
    return new Results<>(facts, List.of(rows));
  }

  private static boolean moved(Timing a, Timing b) {
    return new Comparison.Pair(a, b).moved(0.05);
  }

  @Test
  void movedIsWhatErrorsDoNotReach() {
    assertTrue(moved(row("a", 10, 0.9), row("a", 12, 1)));
    assertTrue(moved(row("a", 12, 1), row("a", 10, 0.9)));
    // The intervals touch.
    assertEquals(false, moved(row("a", 10, 1), row("a", 12, 1)));
    assertEquals(false, moved(row("a", 12, 1), row("a", 10, 1)));
  }

  @Test
  void movedIsAShareOfTheTimeAtLeast() {
    assertTrue(moved(row("a", 100, 0), row("a", 105, 0)));
    assertTrue(moved(row("a", 100, 0), row("a", 95, 0)));
    assertEquals(false, moved(row("a", 100, 0), row("a", 104.9, 0)));
    assertEquals(false, moved(row("a", 100, 0), row("a", 95.1, 0)));
  }

  @Test
  void pairsRowsByNameAndNamesTheOthers() {
    Comparison both =
        new Comparison(
            run(HERE, row("a", 1, 0), row("b", 4, 0), row("c", 1, 0)),
            run(HERE, row("d", 1, 0), row("c", 1, 0), row("b", 3, 0)),
            0.05);
    assertEquals(
        List.of("b 0.75", "c 1.0"),
        both.pairs().stream().map(p -> p.a().row() + " " + p.ratio()).toList());
    assertEquals(List.of("a"), both.onlyInA());
    assertEquals(List.of("d"), both.onlyInB());
    assertEquals(List.of(), both.warnings());
  }

  @Test
  void warnsOfOtherMachines() {
    assertEquals(
        List.of(
            "processor differs: a fast one in A, a slow one in B", "cores differs: 8 in A, 4 in B"),
        new Comparison(run(HERE), run(THERE), 0.05).warnings());
  }

  @Test
  void warnsWhereTheCeilingsMoved() {
    List<String> warnings =
        new Comparison(
                run(HERE, row(Ceilings.COPY, 10, 0.1)),
                run(HERE, row(Ceilings.COPY, 15, 0.1)),
                0.05)
            .warnings();
    assertEquals(1, warnings.size());
    assertTrue(warnings.getFirst().startsWith(Ceilings.COPY + " took 1.50 times"), warnings + "");
  }

  private record Answer(int code, String out, String err) {}

  private static Answer compare(String... arguments) {
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    CommandLine line =
        Commands.line(new Benchmarks()).setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    String[] all = new String[arguments.length + 1];
    all[0] = "compare";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    return new Answer(line.execute(all), out.toString(), err.toString());
  }

  private String file(String name, Results<Timing> results) throws IOException {
    results.write(folder, name);
    return folder.resolve(name + ".json").toString();
  }

  @Test
  void printsATableWithWhatMoved() throws IOException {
    String a = file("a", run(HERE, row("slow", 1, 0.01), row("same", 2, 0.01), row("old", 1, 0)));
    String b = file("b", run(THERE, row("slow", 2, 0.01), row("same", 2.02, 0.02)));
    Answer answer = compare(a, b);
    assertEquals(0, answer.code, answer.err);
    List<String> lines = answer.out.lines().map(l -> l.replaceAll(" +", " ")).toList();
    assertTrue(lines.contains("slow 1.000 ms 1.0 % 2.000 ms 0.5 % 2.000 slower"), answer.out);
    assertTrue(lines.contains("same 2.000 ms 0.5 % 2.020 ms 1.0 % 1.010"), answer.out);
    assertTrue(lines.contains("only in A: old"), answer.out);
    assertTrue(lines.contains("1 of 2 rows moved"), answer.out);
    assertTrue(
        lines.contains("warning: processor differs: a fast one in A, a slow one in B"), answer.out);
    assertTrue(compare("--least", "100.1", a, b).out.contains("0 of 2 rows moved"));
  }

  @Test
  void saysInOneLineWhatIsWrongWithAFile() throws IOException {
    String good = file("good", run(HERE, row("a", 1, 0)));
    String text = Files.readString(Path.of(good));
    refuse("missing.json does not exist", good, folder.resolve("missing.json").toString());
    refuse("is no such file of results: ", written("ms,error"), good);
    refuse("has no results", written("null"), good);
    refuse("is no such file of results: ", written(text.substring(0, text.length() / 2)), good);
    refuse("'facts'", written("{\"rows\": []}"), good);
    refuse("'ms'", written(text.replaceAll("\"ms\" : .*,", "")), good);
    refuse("a has a time of -1.0", written(text.replaceAll("\"ms\" : .*,", "\"ms\" : -1,")), good);
    refuse("cannot be read", folder.toString(), good);
  }

  private String written(String content) throws IOException {
    return Files.writeString(folder.resolve("bad.json"), content).toString();
  }

  private static void refuse(String expected, String... arguments) {
    Answer answer = compare(arguments);
    assertEquals(2, answer.code, answer.err);
    List<String> lines = answer.err.lines().toList();
    assertEquals(2, lines.size(), answer.err);
    assertTrue(lines.get(0).contains(expected), answer.err);
    assertEquals("see bench/run compare --help", lines.get(1));
  }
}
