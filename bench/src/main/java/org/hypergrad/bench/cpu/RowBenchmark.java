package org.hypergrad.bench.cpu;

import java.util.concurrent.TimeUnit;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Times one row; {@link Benchmarks} says which. */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RowBenchmark {
  @Param(Ceilings.COPY)
  public String row;

  private Case work;

  @Setup(Level.Trial)
  public void open() {
    Row named = Rows.named(row);
    Device.cpu().run(() -> Scope.run(() -> work = named.open()));
  }

  @TearDown(Level.Trial)
  public void close() {
    work.close();
  }

  @Benchmark
  public void run() {
    Device.cpu().run(() -> Scope.run(work));
  }
}
