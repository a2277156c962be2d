package org.hypergrad.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The PTX that ships is what the CUDA sources beside it compile to, and what old drivers accept.
 */
class PtxTest {
  private static final Path SOURCES = Path.of("src/main/cuda");
  private static final Path PTX = Path.of("src/main/resources/org/hypergrad/kernels/ptx");

  /** Bytes of parameters that a kernel may have in ISA 7.0. */
  private static final int PARAMETER_BYTES = 4_352;

  private static final Pattern ENTRY =
      Pattern.compile("\\.visible \\.entry (\\w+)\\(([^)]*)\\)\\s*(\\.maxntid 256, 1, 1)?");
  private static final Pattern PARAMETER =
      Pattern.compile("\\.param (?:\\.align \\d+ )?\\.([a-z]+)(\\d+) \\w+(?:\\[(\\d+)])?");

  private static List<Path> files(Path folder, String ending) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(f -> f.toString().endsWith(ending)).sorted().toList();
    }
  }

  static List<Path> ptx() throws IOException {
    return files(PTX, ".ptx");
  }

  private static String stem(Path file) {
    return file.getFileName().toString().replaceFirst("\\.\\w+$", "");
  }

  @Test
  void everySourceHasItsPtxAndEveryPtxItsSource() throws IOException {
    assertEquals(
        files(SOURCES, ".cu").stream().map(PtxTest::stem).toList(),
        ptx().stream().map(PtxTest::stem).toList());
  }

  @ParameterizedTest
  @MethodSource("ptx")
  void namesTheHashOfItsSources(Path file) throws Exception {
    MessageDigest hash = MessageDigest.getInstance("SHA-256");
    hash.update(Files.readAllBytes(SOURCES.resolve(stem(file) + ".cu")));
    for (Path header : files(SOURCES, ".cuh")) {
      hash.update(Files.readAllBytes(header));
    }
    assertTrue(
        Files.readString(file).contains("// sources " + HexFormat.of().formatHex(hash.digest())),
        file + " is older than its sources: run kernels/src/main/cuda/build, which needs nvcc");
  }

  @ParameterizedTest
  @MethodSource("ptx")
  void isForOldDriversAndNamesNoPath(Path file) throws IOException {
    String text = Files.readString(file);
    assertTrue(text.contains("\n.version 7.0\n.target sm_75\n"), file.toString());
    assertFalse(
        text.contains("\n.file") || text.contains("\t.loc "), "line information in " + file);
  }

  @ParameterizedTest
  @MethodSource("ptx")
  void entriesBelongToTheFamilyAndFitTheirLimits(Path file) throws IOException {
    Set<String> names = new HashSet<>();
    for (MatchResult entry : ENTRY.matcher(Files.readString(file)).results().toList()) {
      String name = entry.group(1);
      assertTrue(name.startsWith(stem(file) + "_"), name);
      assertTrue(names.add(name), name);
      assertTrue(entry.group(3) != null, name + " is not for blocks of 256 threads");
      int bytes =
          PARAMETER
              .matcher(entry.group(2))
              .results()
              .mapToInt(
                  p ->
                      Integer.parseInt(p.group(2))
                          / 8
                          * (p.group(3) == null ? 1 : Integer.parseInt(p.group(3))))
              .sum();
      assertTrue(bytes > 0 && bytes <= PARAMETER_BYTES, name + ": " + bytes);
    }
    assertFalse(names.isEmpty(), file.toString());
    assertEquals(
        new TreeSet<>(names),
        new TreeSet<>(
            Pattern.compile("\\.entry (\\w+)")
                .matcher(Files.readString(file))
                .results()
                .map(e -> e.group(1))
                .toList()));
  }

  /** With the same nvcc at hand it compiles again; else it says the same as the hashes above. */
  @Test
  void theScriptFindsNothingStale() throws Exception {
    Process check =
        new ProcessBuilder("bash", SOURCES.resolve("build").toString(), "--check")
            .redirectErrorStream(true)
            .start();
    String output = new String(check.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, check.waitFor(), output);
  }
}
