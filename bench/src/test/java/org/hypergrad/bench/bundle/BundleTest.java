package org.hypergrad.bench.bundle;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.MethodRefEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.hypergrad.kernels.CudaBlas;
import org.hypergrad.kernels.Simulated;
import org.hypergrad.kernels.SimulatedDriver;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bundle works where there is nothing: no Java, no program on the path, no home. */
@Simulated
class BundleTest {
  private static final int MOST_BYTES = 60_000_000;

  @TempDir private static Path folder;

  private static Path bundle;

  private record Run(int code, String text) {}

  private static Run run(Map<String, String> environment, String... command)
      throws IOException, InterruptedException {
    Path output = folder.resolve("output");
    ProcessBuilder process = new ProcessBuilder(command).redirectErrorStream(true);
    if (!environment.containsKey("CLASS_PATH")) {
      process.environment().clear();
    }
    process.environment().putAll(environment);
    int code = process.directory(folder.toFile()).redirectOutput(output.toFile()).start().waitFor();
    return new Run(code, Files.readString(output));
  }

  @BeforeAll
  static void unpack() throws IOException, InterruptedException {
    Path tar = folder.resolve("bundle.tar.gz");
    Run packed =
        run(
            Map.of("CLASS_PATH", System.getProperty("java.class.path")),
            Path.of("gpu-bundle").toAbsolutePath().toString(),
            tar.toString());
    assertEquals(0, packed.code, packed.text);
    assertTrue(Files.size(tar) < MOST_BYTES, packed.text);
    Path clean = Files.createDirectory(folder.resolve("a clean folder"));
    Run unpacked = run(Map.of(), "/bin/tar", "-xzf", tar.toString(), "-C", clean.toString());
    assertEquals(0, unpacked.code, unpacked.text);
    bundle = clean.resolve("hypergrad-gpu");
  }

  private static Run bundle(Map<String, String> environment, String... options)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("/bin/sh", bundle.resolve("run").toString()));
    command.addAll(List.of(options));
    return run(environment, command.toArray(String[]::new));
  }

  /** Few steps and small operands: what is measured on software says nothing. */
  @Test
  void itReportsOnTheSimulatedGpu() throws IOException, InterruptedException {
    Path out = folder.resolve("report here");
    Run run =
        bundle(
            Map.of("PATH", "", "OUT", out.toString()),
            "--simulator",
            Path.of(System.getProperty(SimulatedDriver.PROPERTY)).toAbsolutePath().toString(),
            "--tests",
            ".*GpuConformanceTest",
            "--steps",
            "3",
            "--matrix",
            "64x256",
            "--repeats",
            "1");
    assertEquals(0, run.code, run.text);
    assertTrue(run.text.contains("all is well"), run.text);
    assertFalse(run.text.contains("not given back at exit"), run.text);
    try (Stream<Path> files = Files.list(out)) {
      assertEquals(
          List.of("report.json", "report.txt"),
          files.map(f -> f.getFileName().toString()).sorted().toList());
    }
    assertEquals(run.text, Files.readString(out.resolve("report.txt")));
    JsonNode report = new ObjectMapper().readTree(out.resolve("report.json").toFile());
    assertEquals("simulated", report.at("/facts/device").asText());
    assertTrue(report.at("/facts/cpu").asText().startsWith("cannot run: "));
    JsonNode tests = report.at("/tests of engine");
    assertTrue(tests.size() >= 8, run.text);
    tests.forEach(test -> assertEquals("passed", test.get("status").asText(), run.text));
    assertEquals(2, report.at("/training").size());
    report
        .at("/training")
        .forEach(
            net -> {
              assertEquals(3, net.get("losses").size());
              assertTrue(net.get("first_difference").asDouble() < 1e-4, net::toString);
            });
    assertTrue(report.at("/kernels").size() > 150, run.text);
    assertEquals("copy by the driver", report.at("/kernels/0/kernel").asText());
    assertEquals(1, report.at("/kernels/0/of_copy").asDouble());
    assertEquals(0, report.at("/failed").size());
  }

  @Test
  void whatIsMissingIsSaidOnceAndIsAnExitCode() throws IOException, InterruptedException {
    Path nowhere = folder.resolve("nowhere");
    Run run = bundle(Map.of("PATH", ""), "--simulator", nowhere.toString());
    assertEquals(2, run.code, run.text);
    assertTrue(run.text.contains("cannot run: no simulator; got "), run.text);
    JsonNode report =
        new ObjectMapper().readTree(bundle.resolve("report").resolve("report.json").toFile());
    assertTrue(report.at("/failed/0").asText().startsWith("cannot run: no simulator"), run.text);
  }

  @Test
  void optionsThatItDoesNotKnowAreNamed() throws IOException, InterruptedException {
    Run run = bundle(Map.of(), "--frobnicate", "1");
    assertEquals(2, run.code);
    assertTrue(run.text.startsWith("what is --frobnicate?"), run.text);
    assertTrue(bundle(Map.of(), "--help").text.startsWith("run [options]"), "help");
  }

  private static Path forward() {
    return bundle.resolve("forward").resolve("libcublas.so.12");
  }

  /** Methods of JCublas2 that the product calls, by the names of the functions behind them. */
  private static Set<String> functionsInUse() throws IOException {
    Set<String> names = new TreeSet<>(Set.of("cublasGetProperty"));
    List<Class<?>> classes = new ArrayList<>(List.of(CudaBlas.class));
    classes.addAll(List.of(CudaBlas.class.getDeclaredClasses()));
    for (Class<?> type : classes) {
      String file = type.getName().substring(type.getPackageName().length() + 1) + ".class";
      try (InputStream bytes = type.getResourceAsStream(file)) {
        for (PoolEntry entry : ClassFile.of().parse(bytes.readAllBytes()).constantPool()) {
          if (entry instanceof MethodRefEntry method
              && method.owner().asInternalName().equals("jcuda/jcublas/JCublas2")) {
            names.add(method.name().stringValue());
          }
        }
      }
    }
    return names;
  }

  @Test
  @SuppressWarnings("restricted")
  void everyFunctionOfCuBlasThatIsCalledIsPassedOn() throws IOException {
    Set<String> names = functionsInUse();
    assertTrue(names.contains("cublasSgemmStridedBatched"), names::toString);
    try (Arena arena = Arena.ofConfined()) {
      SymbolLookup symbols = SymbolLookup.libraryLookup(forward(), arena);
      for (String name : names) {
        assertTrue(
            symbols.find(name).or(() -> symbols.find(name + "_v2")).isPresent(),
            name + " is not in bench/src/main/c/libcublas12.c");
      }
    }
  }

  /** In a process of its own, as a library that is loaded stays. */
  @Test
  void callsArriveWithAllTheirArguments() throws IOException, InterruptedException {
    Path source =
        Files.writeString(
            folder.resolve("cublas13.c"),
            """
            int cublasSgemmStridedBatched(void *handle, int a, int b, int m, int n, int k,
                float *alpha, float *A, int lda, long strideA, float *B, int ldb, long strideB,
                float *beta, float *C, int ldc, long strideC, int count) {
              return handle == (void *)1 && a == 2 && b == 3 && m == 4 && n == 5 && k == 6
                  && alpha == (void *)7 && A == (void *)8 && lda == 9 && strideA == 10
                  && B == (void *)11 && ldb == 12 && strideB == 13 && beta == (void *)14
                  && C == (void *)15 && ldc == 16 && strideC == 17 && count == 18 ? 42 : 0;
            }
            """);
    Run compiled =
        run(
            Map.of("PATH", System.getenv("PATH")),
            "g++",
            "-x",
            "c",
            "-shared",
            "-fPIC",
            "-Wl,-soname,libcublas.so.13",
            "-o",
            folder.resolve("libcublas.so.13").toString(),
            source.toString());
    assertEquals(0, compiled.code, compiled.text);
    assertEquals("1\n", called("").text, "not initialised, where there is no CUDA 13");
    assertEquals("42\n", called(folder.toString()).text);
  }

  private static Run called(String libraryPath) throws IOException, InterruptedException {
    return run(
        Map.of("LD_LIBRARY_PATH", libraryPath),
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        "--enable-native-access=ALL-UNNAMED",
        "-cp",
        System.getProperty("java.class.path"),
        Call.class.getName(),
        forward().toString());
  }

  /** Calls the function of the longest parameter list with 1, 2, 3 and so on. */
  static final class Call {
    private Call() {}

    @SuppressWarnings("restricted")
    public static void main(String[] args) throws Throwable {
      MemoryLayout p = ValueLayout.JAVA_LONG;
      MemoryLayout i = ValueLayout.JAVA_INT;
      MemoryLayout[] types = {p, i, i, i, i, i, p, p, i, p, p, i, p, p, p, i, p, i};
      List<Object> values = new ArrayList<>();
      for (int k = 0; k < types.length; k++) {
        Object value = types[k] == p ? (Object) (k + 1L) : (Object) (k + 1);
        values.add(value);
      }
      MethodHandle call =
          Linker.nativeLinker()
              .downcallHandle(
                  SymbolLookup.libraryLookup(Path.of(args[0]), Arena.global())
                      .findOrThrow("cublasSgemmStridedBatched"),
                  FunctionDescriptor.of(ValueLayout.JAVA_INT, types));
      System.out.println(call.invokeWithArguments(values));
    }
  }
}
