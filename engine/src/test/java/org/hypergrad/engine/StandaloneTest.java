package org.hypergrad.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The engine in a JVM of its own, where something that it would like to have is missing. */
class StandaloneTest {
  private static final String VECTOR = "--add-modules=jdk.incubator.vector";

  /** What {@link SmallNetwork} printed, and what the engine logged. */
  private record Run(List<Double> losses, String device, String log) {
    long logged(String text) {
      return log.lines().filter(line -> line.contains(text)).count();
    }
  }

  private static List<Path> classPath(Predicate<String> wanted) {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(wanted)
        .map(Path::of)
        .toList();
  }

  private static Run run(List<Path> classPath, String... flags)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(List.of(flags));
    command.add("-cp");
    command.add(String.join(File.pathSeparator, classPath.stream().map(Path::toString).toList()));
    command.add(SmallNetwork.class.getName());
    Path log = Files.createTempFile("standalone", ".log");
    try {
      Process child = new ProcessBuilder(command).redirectError(log.toFile()).start();
      String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertEquals(0, child.waitFor(), () -> output + read(log));
      return new Run(
          output
              .lines()
              .filter(line -> line.startsWith("loss "))
              .map(line -> Double.valueOf(line.substring(5)))
              .toList(),
          output.lines().filter(line -> line.startsWith("device ")).findFirst().orElse(""),
          read(log));
    } finally {
      Files.delete(log);
    }
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException failure) {
      throw new UncheckedIOException(failure);
    }
  }

  private static void assertSameLosses(Run expected, Run actual) {
    assertEquals(3, expected.losses.size());
    assertEquals(expected.losses.size(), actual.losses.size());
    for (int i = 0; i < expected.losses.size(); i++) {
      assertEquals(expected.losses.get(i), actual.losses.get(i), 1e-5);
    }
    assertTrue(actual.losses.get(2) < actual.losses.get(0), "it learns");
  }

  private static Run whole() throws IOException, InterruptedException {
    Run run = run(classPath(entry -> true), VECTOR);
    assertEquals("device cpu", run.device);
    assertEquals(1, run.logged("tensors on cpu"), run.log);
    assertEquals(1, run.logged("vector loops of"), run.log);
    return run;
  }

  @Test
  void withoutNativesTheReferenceTakesOverAndSaysSoOnce() throws Exception {
    Run expected = whole();
    for (Predicate<String> rest :
        List.<Predicate<String>>of(
            entry -> !entry.contains("linux-x86_64"),
            entry -> !entry.contains("dnnl") && !entry.contains("javacpp"))) {
      Run run = run(classPath(rest), VECTOR);
      assertEquals("device reference", run.device);
      assertEquals(1, run.logged("tensors on reference, slowly; cpu cannot run"), run.log);
      assertSameLosses(expected, run);
    }
  }

  @Test
  void withoutTheVectorModulePlainLoopsRunAndSayWhichFlagHelps() throws Exception {
    Run expected = whole();
    Run run = run(classPath(entry -> true));
    assertEquals("device cpu", run.device);
    assertEquals(1, run.logged("start Java with " + VECTOR), run.log);
    assertSameLosses(expected, run);
    Run off = run(classPath(entry -> true), VECTOR, "-Dhypergrad.vector=false");
    assertEquals(1, off.logged("plain loops, as -Dhypergrad.vector=false asks"), off.log);
    assertSameLosses(expected, off);
  }

  @Test
  void aPathWithSpaceAndHashIsNoObstacle(@TempDir Path folder) throws Exception {
    Path odd = Files.createDirectories(folder.resolve("a b#c"));
    List<Path> copies = new ArrayList<>();
    int number = 0;
    for (Path entry : classPath(entry -> true)) {
      Path copy = odd.resolve(number++ + " " + entry.getFileName());
      copyTree(entry, copy);
      copies.add(copy);
    }
    Run run = run(copies, VECTOR);
    assertEquals("device cpu", run.device);
    assertSameLosses(whole(), run);
  }

  private static void copyTree(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : (Iterable<Path>) files::iterator) {
        Files.copy(file, to.resolve(from.relativize(file).toString()));
      }
    }
  }
}
