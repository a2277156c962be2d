package org.hypergrad.examples;

import java.io.IOException;
import java.io.PrintWriter;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.backend.Backends;
import org.hypergrad.examples.chart.Charts;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Says what this machine offers, and why what is missing is missing. */
@Command(
    name = "doctor",
    description = "Prints versions, backends and why one cannot run, SIMD width, threads, memory.",
    mixinStandardHelpOptions = true)
final class Doctor implements Callable<Integer> {
  @Spec private CommandSpec spec;

  /** The version in the jar's manifest, or where it was built from. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      String version = Doctor.class.getPackage().getImplementationVersion();
      return new String[] {"hypergrad " + (version == null ? "from its source tree" : version)};
    }
  }

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    line(out, "hypergrad", new Version().getVersion()[0].substring("hypergrad ".length()));
    line(
        out,
        "Java",
        System.getProperty("java.vm.version") + ", " + System.getProperty("java.home"));
    line(
        out,
        "system",
        System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + ", "
            + System.getProperty("os.arch"));
    line(out, "C library", libc());
    line(out, "processor", processor());
    line(
        out,
        "threads",
        Device.best().threads() + " of " + Runtime.getRuntime().availableProcessors());
    line(out, "memory", memory());
    Backends.report().forEach((name, finding) -> line(out, name, finding));
    line(out, "best device", Device.best().toString());
    line(out, "pictures", Charts.problem().isEmpty() ? "can be drawn" : Charts.problem());
    out.flush();
    return 0;
  }

  private static void line(PrintWriter out, String name, String value) {
    out.printf("%-12s %s%n", name, value);
  }

  private static String processor() {
    return fromProc("/proc/cpuinfo", "model name");
  }

  private static String memory() {
    String available = fromProc("/proc/meminfo", "MemAvailable").replace(" kB", "");
    String whole =
        available.matches("[0-9]+")
            ? String.format(
                Locale.ROOT, "%.1f GiB free", Long.parseLong(available) / (double) (1 << 20))
            : "unknown";
    return "%s; Java's heap up to %.1f GiB of it, tensors lie outside of the heap"
        .formatted(whole, Runtime.getRuntime().maxMemory() / (double) (1 << 30));
  }

  /** The value behind {@code name:} in a file of the kernel's. */
  private static String fromProc(String file, String name) {
    try (Stream<String> lines = Files.lines(Path.of(file))) {
      return lines
          .filter(l -> l.startsWith(name))
          .map(l -> l.substring(l.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("unknown");
    } catch (IOException noSuchFile) {
      return "unknown";
    }
  }

  /** What {@code gnu_get_libc_version} says, if this is glibc. */
  @SuppressWarnings("restricted")
  private static String libc() {
    Linker linker = Linker.nativeLinker();
    try {
      MemorySegment function = linker.defaultLookup().findOrThrow("gnu_get_libc_version");
      MemorySegment text =
          (MemorySegment)
              linker
                  .downcallHandle(function, FunctionDescriptor.of(ValueLayout.ADDRESS))
                  .invokeExact();
      return "glibc " + text.reinterpret(32).getString(0);
    } catch (Throwable notThere) {
      return "not glibc: native libraries for it will not load";
    }
  }
}
