package org.hypergrad.bench.results;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.stream.Stream;

/**
 * Where, when and how numbers were made.
 *
 * @param command as it was typed
 * @param settings how long and how often each row was timed
 * @param date with time and zone, to the second
 * @param commit of the sources, with {@code -dirty} if they differ from it
 * @param machine system, architecture and memory
 * @param processor the model
 * @param cores that the JVM may use
 * @param jdk its version
 */
public record Facts(
    String command,
    String settings,
    String date,
    String commit,
    String machine,
    String processor,
    int cores,
    String jdk) {
  private static final double GIBIBYTE = 1 << 30;

  /** Those of this process. */
  public static Facts here(String command, String settings) {
    return new Facts(
        command,
        settings,
        OffsetDateTime.now().truncatedTo(ChronoUnit.SECONDS).toString(),
        System.getProperty("hypergrad.commit", "unknown"),
        thisMachine(),
        thisProcessor(),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("java.vm.version"));
  }

  private static String thisMachine() {
    long memory =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    return "%s %s, %s, %.0f GiB"
        .formatted(
            System.getProperty("os.name"),
            System.getProperty("os.version"),
            System.getProperty("os.arch"),
            memory / GIBIBYTE);
  }

  private static String thisProcessor() {
    Path file = Path.of("/proc/cpuinfo");
    if (!Files.exists(file)) {
      return "unknown";
    }
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .filter(l -> l.startsWith("model name"))
          .map(l -> l.substring(l.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("unknown");
    } catch (IOException cause) {
      throw new UncheckedIOException(cause);
    }
  }

  @Override
  public String toString() {
    return "%s, commit %s%n%d cores of %s, %s, Java %s"
        .formatted(date, commit, cores, processor, machine, jdk);
  }
}
