package org.hypergrad.bench;

import java.util.concurrent.TimeUnit;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
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

/** Matrix products [batch, 784] x [784, 100]: the first layer of the network for MNIST. */
@State(org.openjdk.jmh.annotations.Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class MatMulBenchmark {
  @Param({"16", "128"})
  public int batch;

  private Tensor x;
  private Tensor w;

  @Setup
  public void make() {
    Device.cpu()
        .run(
            () ->
                Scope.run(
                    () -> {
                      Generator random = new Generator(1);
                      x = random.normal(1, batch, 784).retain();
                      w = random.normal(1, 784, 100).retain();
                    }));
  }

  @TearDown
  public void close() {
    x.close();
    w.close();
  }

  @Benchmark
  public void matmul() {
    Scope.run(() -> x.matmul(w));
  }
}
