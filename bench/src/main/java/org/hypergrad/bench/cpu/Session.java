package org.hypergrad.bench.cpu;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.hypergrad.bench.results.Facts;
import org.hypergrad.bench.results.Results;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.openjdk.jmh.util.Statistics;

/** Times ceilings and rows one after another, prints a line for each, and keeps them as files. */
final class Session {
  private final Settings settings;
  private final PrintWriter out;
  private final Map<Cost.Unit, Double> ceilings = new EnumMap<>(Cost.Unit.class);
  private final List<Timing> timings = new ArrayList<>();

  Session(Settings settings, PrintWriter out) {
    this.settings = settings;
    this.out = out;
  }

  /** Leaves {@code name.json} and {@code name.csv} in a folder. */
  void run(String command, List<Row> rows, Path folder, String name)
      throws IOException, RunnerException {
    Facts facts = Facts.here(command, settings.toString());
    out.printf("%s%n%s%n%n%s%n", facts, settings, Timing.HEADER);
    for (Row ceiling : Ceilings.ROWS) {
      time(ceiling);
    }
    for (Row row : rows) {
      time(row);
      // What was timed is kept, whatever happens to the next.
      new Results<>(facts, timings).write(folder, name);
    }
    out.printf("%nwritten to %s%n", folder.resolve(name + ".json"));
  }

  /** The first row of a unit is its ceiling. */
  private void time(Row row) throws RunnerException {
    Cost cost = Device.cpu().call(() -> Scope.call(row::cost));
    RunResult result = measure(row);
    Statistics nanos = result.getPrimaryResult().getStatistics();
    Result<?> allocated = result.getSecondaryResults().get("gc.alloc.rate.norm");
    Timing timing =
        Timing.of(
            row.name(),
            nanos.getMean(),
            nanos.getMeanErrorAt(0.999),
            nanos.getN(),
            cost,
            ceilings.getOrDefault(cost.unit(), Double.NaN),
            allocated.getScore());
    ceilings.putIfAbsent(cost.unit(), timing.rate());
    timings.add(timing);
    out.println(timing);
    out.flush();
  }

  private RunResult measure(Row row) throws RunnerException {
    TimeValue iteration = new TimeValue(settings.iteration().toMillis(), TimeUnit.MILLISECONDS);
    OptionsBuilder options = new OptionsBuilder();
    options
        .include(RowBenchmark.class.getName())
        .param("row", row.name())
        .forks(settings.forks())
        .warmupIterations(settings.warmUps())
        .warmupTime(iteration)
        .measurementIterations(settings.iterations())
        .measurementTime(iteration)
        .addProfiler(GCProfiler.class)
        .shouldFailOnError(true);
    ByteArrayOutputStream log = new ByteArrayOutputStream();
    try (PrintStream print = new PrintStream(log, true, StandardCharsets.UTF_8)) {
      OutputFormat format = OutputFormatFactory.createFormatInstance(print, VerboseMode.NORMAL);
      // Alone on the machine: this takes the lock of JMH.
      return new Runner(options.build(), format).run().iterator().next();
    } catch (RunnerException failure) {
      out.println(log.toString(StandardCharsets.UTF_8));
      throw failure;
    }
  }
}
