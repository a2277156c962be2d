package org.hypergrad.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The programs in the pages for readers run as they stand there. */
class ReadmeTest {
  private static final Pattern PROGRAM = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
  private static final int EXAMPLES = 700;

  @TempDir private Path folder;

  /** Runs the Java program of a page, and gives the lines that it printed. */
  private List<String> run(Path page, String... arguments) throws Exception {
    Matcher program = PROGRAM.matcher(Files.readString(page));
    assertTrue(program.find());
    Path source = Files.writeString(folder.resolve("Program.java"), program.group(1));
    Path output = folder.resolve("output");
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                source.toString()));
    command.addAll(List.of(arguments));
    Process process =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    int code = process.waitFor();
    List<String> lines = Files.readAllLines(output);
    assertEquals(0, code, () -> String.join("\n", lines));
    return lines;
  }

  @Test
  void theFirstProgramLearns() throws Exception {
    List<String> lines = run(Path.of("..", "README.md"));
    String last = lines.getLast();
    assertTrue(last.startsWith("20: "), lines::toString);
    double accuracy = Double.parseDouble(last.substring(last.lastIndexOf(' ')));
    assertTrue(accuracy >= 0.95, last);
    assertTrue(Files.size(folder.resolve("circle.safetensors")) > 4 * (2 * 32 + 32 + 32 * 2 + 2));
  }

  /** On a folder of MNIST's names, with the first of the bundled images. */
  @Test
  void theConvolutionalNetTrainsAndClassifies() throws Exception {
    Path images = Files.createDirectory(folder.resolve("images"));
    for (String part : List.of("train", "t10k")) {
      cut("images-idx3-ubyte", images.resolve(part + "-images-idx3-ubyte"), 16, 28 * 28);
      cut("labels-idx1-ubyte", images.resolve(part + "-labels-idx1-ubyte"), 8, 1);
    }
    List<String> lines = run(Path.of("..", "nn", "README.md"), images.toString());
    // 144 weights, 32 of the norm, 2,320 and 5,770 of the layers behind.
    assertTrue(lines.stream().anyMatch(l -> l.startsWith("total") && l.contains(" 8,266 ")));
    assertTrue(lines.getLast().matches("the first test image is a [0-9]"), lines::toString);
    assertTrue(Files.exists(folder.resolve("training.safetensors")));
  }

  /** Writes the first examples of a bundled file, with the header of so many. */
  private static void cut(String name, Path target, int header, int bytes) throws IOException {
    try (InputStream packed =
            ReadmeTest.class.getResourceAsStream("fashion-mnist/t10k-" + name + ".gz");
        InputStream in = new GZIPInputStream(packed)) {
      byte[] content = in.readNBytes(header + EXAMPLES * bytes);
      ByteBuffer.wrap(content).putInt(4, EXAMPLES);
      Files.write(target, content);
    }
  }
}
