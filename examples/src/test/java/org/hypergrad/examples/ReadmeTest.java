package org.hypergrad.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program in README.md runs as it stands there, and learns. */
class ReadmeTest {
  private static final Pattern PROGRAM = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  @Test
  void theProgramRuns(@TempDir Path folder) throws IOException, InterruptedException {
    Matcher program = PROGRAM.matcher(Files.readString(Path.of("..", "README.md")));
    assertTrue(program.find());
    Path source = Files.writeString(folder.resolve("Program.java"), program.group(1));
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    Path output = folder.resolve("output");
    Process process =
        new ProcessBuilder(
                java.toString(),
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                source.toString())
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    int code = process.waitFor();
    List<String> lines = Files.readAllLines(output);
    assertEquals(0, code, lines::toString);
    String last = lines.getLast();
    assertTrue(last.startsWith("20: "), lines::toString);
    double accuracy = Double.parseDouble(last.substring(last.lastIndexOf(' ')));
    assertTrue(accuracy >= 0.95, last);
    assertTrue(Files.size(folder.resolve("circle.safetensors")) > 4 * (2 * 32 + 32 + 32 * 2 + 2));
  }
}
