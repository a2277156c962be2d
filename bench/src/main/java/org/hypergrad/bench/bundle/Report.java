package org.hypergrad.bench.bundle;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.hypergrad.bench.KernelTimes;

/**
 * Runs all parts of the bundle, each in a process of its own, because a device that stopped at a
 * fault works again only in a new one, and writes {@code report.txt} and {@code report.json}.
 *
 * <p>The exit code is 0 if all is well, 1 if something failed or differs, 2 if no GPU can run here.
 */
public final class Report {
  private static final String USAGE =
      """
      run [options]: tests hypergrad on this machine's GPU, and writes a report.
        --out FOLDER        where report.txt and report.json go; the default is $OUT, else report
        --tests PATTERN     classes of tests, as a regular expression; all
        --steps N           training steps, 200 at most
        --matrix ROWSxCOLS  operands of the kernels that are timed; 4096x4096
        --repeats N         launches of each; 21
        --limit SECONDS     for each part; 1200
        --simulator FOLDER  the simulated GPU instead, whose libraries lie there\
      """;

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path bundle;
  private final Map<String, String> options;
  private final Path out;
  private final ObjectNode report = JSON.createObjectNode();
  private final List<String> failed = new ArrayList<>();
  private final PrintStream text;

  /** Where JCuda unpacks its natives. */
  private final Path work;

  private String libraryPath;

  private Report(Path bundle, Map<String, String> options) throws IOException {
    this.bundle = bundle;
    this.options = options;
    out = Files.createDirectories(Path.of(options.get("--out")).toAbsolutePath());
    work = Files.createDirectories(out.resolve("work"));
    text =
        new PrintStream(
            Files.newOutputStream(out.resolve("report.txt")), true, StandardCharsets.UTF_8);
  }

  /** Takes the bundle's folder and the options. */
  public static void main(String[] args) throws IOException, InterruptedException {
    String home = System.getenv().getOrDefault("OUT", "");
    Map<String, String> options = new TreeMap<>();
    options.put("--out", home.isEmpty() ? Path.of(args[0], "report").toString() : home);
    options.put("--tests", ".*");
    options.put("--steps", "200");
    options.put("--matrix", "4096x4096");
    options.put("--repeats", "21");
    options.put("--limit", "1200");
    options.put("--simulator", "");
    for (int i = 1; i < args.length; i += 2) {
      if (!options.containsKey(args[i]) || i + 1 == args.length) {
        System.err.println(args[i].equals("--help") ? USAGE : "what is " + args[i] + "?\n" + USAGE);
        System.exit(args[i].equals("--help") ? 0 : 2);
      }
      options.put(args[i], args[i + 1]);
    }
    System.exit(new Report(Path.of(args[0]), options).run());
  }

  private int run() throws IOException, InterruptedException {
    libraryPath = libraryPath();
    String problem = facts();
    if (problem.contains("libcublas.so.12") && Files.exists(forward())) {
      libraryPath += ":" + forward().getParent();
      say("\nno cuBLAS of CUDA 12: trying that of CUDA 13 through " + forward() + "\n");
      problem = facts();
    }
    if (!problem.isEmpty()) {
      failed.add("cannot run: " + problem);
      finish();
      return 2;
    }
    int run = 0;
    for (Path tests : tests()) {
      String name = "tests of " + tests.getFileName().toString().replace(".jar", "");
      part(name, Suite.class, List.of(json(name), tests.toString(), options.get("--tests")));
      run += report.path(name).size();
    }
    if (run == 0) {
      failed.add("no test is called " + options.get("--tests"));
    }
    String steps = options.get("--steps");
    String losses = bundle.resolve("losses.json").toString();
    part("training", Training.class, List.of("compare", json("training"), steps, losses));
    String[] matrix = options.get("--matrix").split("x");
    part(
        "kernels",
        KernelTimes.class,
        List.of(json("kernels"), matrix[0], matrix[1], options.get("--repeats")));
    finish();
    return failed.isEmpty() ? 0 : 1;
  }

  private Path forward() {
    return bundle.resolve("forward").resolve("libcublas.so.12");
  }

  private static String libraryPath() {
    List<String> folders = new ArrayList<>();
    folders.add(System.getenv().getOrDefault("LD_LIBRARY_PATH", ""));
    CudaFolders.below(Path.of("/"), System.getenv()).forEach(f -> folders.add(f.toString()));
    return String.join(":", folders);
  }

  /** Why no GPU can run here; empty if one can. */
  private String facts() throws IOException, InterruptedException {
    failed.remove("facts");
    part("facts", Facts.class, List.of(json("facts")));
    return report.path("facts").path("problem").asText("the process that looks for one failed");
  }

  private List<Path> tests() throws IOException {
    List<Path> folders = new ArrayList<>();
    try (DirectoryStream<Path> all = Files.newDirectoryStream(bundle.resolve("tests"))) {
      all.forEach(folders::add);
    }
    folders.sort(null);
    return folders;
  }

  private String json(String part) {
    return out.resolve(part + ".json").toString();
  }

  /** Runs a program whose output goes into the report, and its file too. */
  private void part(String name, Class<?> program, List<String> arguments)
      throws IOException, InterruptedException {
    Path file = Path.of(json(name));
    Files.deleteIfExists(file);
    ProcessBuilder command = new ProcessBuilder(command(program, arguments));
    command.environment().put("LD_LIBRARY_PATH", libraryPath);
    Process process = command.redirectErrorStream(true).start();
    boolean ended = follow(process);
    JsonNode found = Files.exists(file) ? JSON.readTree(file.toFile()) : JSON.nullNode();
    report.set(name, found);
    Files.deleteIfExists(file);
    if (!ended || process.exitValue() != 0) {
      failed.add(name);
      say(name + (ended ? " failed: exit code " + process.exitValue() : " took too long"));
    }
  }

  private List<String> command(Class<?> program, List<String> arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "-XX:-UsePerfData",
            "-Xmx2g",
            "-Dhypergrad.poison=" + program.equals(Suite.class),
            "-XX:ErrorFile=" + out.resolve("hs_err_%p.log"),
            "-Djava.io.tmpdir=" + work));
    if (!options.get("--simulator").isEmpty()) {
      command.add("-Dhypergrad.simulator=" + options.get("--simulator"));
    }
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
    command.addAll(arguments);
    return command;
  }

  /** Passes on what a process prints until it ends; whether it did so in time. */
  private boolean follow(Process process) throws IOException, InterruptedException {
    long limit = Long.parseLong(options.get("--limit"));
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                if (!process.waitFor(limit, TimeUnit.SECONDS)) {
                  process.destroyForcibly();
                }
              } catch (InterruptedException ended) {
                process.destroyForcibly();
              }
            });
    long start = System.nanoTime();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      lines.lines().forEach(this::say);
    }
    process.waitFor();
    return System.nanoTime() - start < TimeUnit.SECONDS.toNanos(limit);
  }

  private void say(String line) {
    System.out.println(line);
    text.println(line);
  }

  private void finish() throws IOException {
    say(
        "\n"
            + (failed.isEmpty() ? "all is well" : "not well: " + String.join(", ", failed))
            + "; see "
            + out.resolve("report.txt"));
    text.close();
    try (DirectoryStream<Path> unpacked = Files.newDirectoryStream(work)) {
      for (Path file : unpacked) {
        Files.delete(file);
      }
    }
    Files.delete(work);
    report.putPOJO("failed", failed);
    JSON.writerWithDefaultPrettyPrinter().writeValue(out.resolve("report.json").toFile(), report);
  }
}
