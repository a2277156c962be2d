package org.hypergrad.bench;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.Conv2d;
import org.hypergrad.engine.op.Op;
import org.hypergrad.engine.op.Window2d;
import org.hypergrad.engine.random.Generator;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * All convolutions of All-CNN-C (Springenberg et al. 2015, table 1) for a batch of CIFAR-10, one
 * pass at a time: by the engine, with the allocation of results and every change of layout, and by
 * oneDNN alone on operands that already lie in the layouts it likes best.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 2, time = 2)
@Measurement(iterations = 5, time = 2)
public class ConvolutionBenchmark {
  private static final int BATCH = 128;

  /** The passes of a convolution. */
  public enum Pass {
    FORWARD,
    INPUT_GRADIENT,
    WEIGHT_GRADIENT
  }

  /** A layer on square images. */
  record Layer(int channels, int extent, int outputs, int kernel, int stride, int padding) {
    int outExtent() {
      return (extent + 2 * padding - kernel) / stride + 1;
    }

    long[] x() {
      return new long[] {BATCH, channels, extent, extent};
    }

    long[] w() {
      return new long[] {outputs, channels, kernel, kernel};
    }

    long[] y() {
      return new long[] {BATCH, outputs, outExtent(), outExtent()};
    }
  }

  private static final List<Layer> LAYERS =
      List.of(
          new Layer(3, 32, 96, 3, 1, 1),
          new Layer(96, 32, 96, 3, 1, 1),
          new Layer(96, 32, 96, 3, 2, 1),
          new Layer(96, 16, 192, 3, 1, 1),
          new Layer(192, 16, 192, 3, 1, 1),
          new Layer(192, 16, 192, 3, 2, 1),
          new Layer(192, 8, 192, 3, 1, 1),
          new Layer(192, 8, 192, 1, 1, 0),
          new Layer(192, 8, 10, 1, 1, 0));

  /** The layers that take part in a pass: nobody asks for the gradient of the images. */
  private static List<Layer> layers(Pass pass) {
    return pass == Pass.INPUT_GRADIENT ? LAYERS.subList(1, LAYERS.size()) : LAYERS;
  }

  /** The engine's convolutions. */
  @State(org.openjdk.jmh.annotations.Scope.Benchmark)
  public static class Engine {
    @Param public Pass pass;

    private final List<Op> ops = new ArrayList<>();
    private final List<Tensor[]> inputs = new ArrayList<>();

    @Setup(Level.Trial)
    public void make() {
      Device.cpu()
          .run(
              () ->
                  Scope.run(
                      () -> {
                        Generator random = new Generator(1);
                        layers(pass).forEach(layer -> add(layer, random));
                      }));
    }

    private void add(Layer layer, Generator random) {
      Window2d window = Window2d.UNIT.withStride(layer.stride()).withPadding(layer.padding());
      Conv2d conv = Conv2d.of(window);
      // A data set's images lie channels first, what a convolution leaves lies channels last.
      boolean first = layer == LAYERS.getFirst();
      Tensor x = first ? random.normal(1, layer.x()).retain() : channelsLast(random, layer.x());
      Tensor w = random.normal(1, layer.w()).retain();
      switch (pass) {
        case FORWARD -> add(conv, x, w);
        case INPUT_GRADIENT -> {
          add(
              new Conv2d.InputGradient(conv, layer.extent(), layer.extent()),
              channelsLast(random, layer.y()),
              w);
          x.close();
        }
        case WEIGHT_GRADIENT -> {
          add(
              new Conv2d.WeightGradient(conv, layer.kernel(), layer.kernel()),
              x,
              channelsLast(random, layer.y()));
          w.close();
        }
      }
    }

    private void add(Op op, Tensor... in) {
      ops.add(op);
      inputs.add(in);
    }

    private static Tensor channelsLast(Generator random, long[] shape) {
      return random.normal(1, shape[0], shape[2], shape[3], shape[1]).permute(0, 3, 1, 2).retain();
    }

    @TearDown(Level.Trial)
    public void close() {
      for (Tensor[] in : inputs) {
        for (Tensor tensor : in) {
          tensor.close();
        }
      }
    }
  }

  /** Bare primitives. */
  @State(org.openjdk.jmh.annotations.Scope.Benchmark)
  public static class Bare {
    @Param public Pass pass;

    private List<BareConvolution> convolutions;

    @Setup(Level.Trial)
    public void make() {
      convolutions = layers(pass).stream().map(layer -> new BareConvolution(layer, pass)).toList();
    }

    @TearDown(Level.Trial)
    public void close() {
      convolutions.forEach(BareConvolution::close);
    }
  }

  @Benchmark
  public void engine(Engine engine) {
    for (int i = 0; i < engine.ops.size(); i++) {
      Op op = engine.ops.get(i);
      Tensor[] in = engine.inputs.get(i);
      Scope.run(() -> Dispatch.run(op, in));
    }
  }

  @Benchmark
  public void oneDnnAlone(Bare bare) {
    bare.convolutions.forEach(BareConvolution::run);
  }
}
