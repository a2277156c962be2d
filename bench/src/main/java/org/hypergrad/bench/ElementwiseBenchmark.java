package org.hypergrad.bench;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.backend.cpu.loops.ThreadTeam;
import org.hypergrad.engine.random.Generator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Point-wise ops beside bare loops over the same streams on all cores: {@code stream1} reads one
 * and writes one, {@code stream2} reads two and writes one. The ops should take at most 1.3 times
 * as long as their stream.
 */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {"--add-modules=jdk.incubator.vector", "--enable-native-access=ALL-UNNAMED"})
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
public class ElementwiseBenchmark {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  @Param({"1000000", "16000000"})
  public int count;

  private final ThreadTeam team = new ThreadTeam(Device.cpu().threads());
  private Tensor x;
  private Tensor y;
  private Tensor z;

  @Setup
  public void make() {
    Device.cpu()
        .run(
            () ->
                Scope.run(
                    () -> {
                      Generator random = new Generator(1);
                      x = random.normal(1, count).retain();
                      y = random.normal(1, count).retain();
                      z = Tensor.zeros(count).retain();
                    }));
  }

  @TearDown
  public void close() {
    x.close();
    y.close();
    z.close();
    team.close();
  }

  @Benchmark
  public void stream1() {
    MemorySegment from = x.segment();
    MemorySegment to = z.segment();
    team.run(count, 0, (first, end) -> copy(from, to, first, end));
  }

  private static void copy(MemorySegment from, MemorySegment to, long first, long end) {
    long whole = end - (end - first) % SPECIES.length();
    for (long i = first; i < whole; i += SPECIES.length()) {
      FloatVector.fromMemorySegment(SPECIES, from, i * 4, ByteOrder.nativeOrder())
          .intoMemorySegment(to, i * 4, ByteOrder.nativeOrder());
    }
  }

  @Benchmark
  public void stream2() {
    MemorySegment one = x.segment();
    MemorySegment two = y.segment();
    MemorySegment to = z.segment();
    team.run(count, 0, (first, end) -> add(one, two, to, first, end));
  }

  private static void add(
      MemorySegment one, MemorySegment two, MemorySegment to, long first, long end) {
    long whole = end - (end - first) % SPECIES.length();
    for (long i = first; i < whole; i += SPECIES.length()) {
      FloatVector.fromMemorySegment(SPECIES, one, i * 4, ByteOrder.nativeOrder())
          .add(FloatVector.fromMemorySegment(SPECIES, two, i * 4, ByteOrder.nativeOrder()))
          .intoMemorySegment(to, i * 4, ByteOrder.nativeOrder());
    }
  }

  @Benchmark
  public void relu() {
    Scope.run(() -> x.relu());
  }

  @Benchmark
  public void mulScalar() {
    Scope.run(() -> x.mul(2));
  }

  @Benchmark
  public void exp() {
    Scope.run(() -> x.exp());
  }

  @Benchmark
  public void add() {
    Scope.run(() -> x.add(y));
  }

  @Benchmark
  public void mul() {
    Scope.run(() -> x.mul(y));
  }
}
