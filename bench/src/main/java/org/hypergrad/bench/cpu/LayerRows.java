package org.hypergrad.bench.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Sequential;
import org.hypergrad.nn.layer.Activation;
import org.hypergrad.nn.layer.BatchNorm2d;
import org.hypergrad.nn.layer.Conv2d;
import org.hypergrad.nn.layer.Dropout;
import org.hypergrad.nn.layer.Linear;
import org.hypergrad.nn.model.ResidualBlock;

/** Layers as networks have them: forward on its own, and with the gradients of all that it has. */
final class LayerRows {
  private LayerRows() {}

  static List<Row> all() {
    List<Row> rows = new ArrayList<>();
    for (long batch : new long[] {16, 128}) {
      rows(
          rows,
          "dense 784 to 100 and relu, batch " + batch,
          random -> Sequential.of(new Linear(random, 784, 100), Activation.relu()),
          Operand.signed(batch, 784));
    }
    rows(
        rows,
        "dense 4096 to 4096, relu and dropout, batch 128",
        random ->
            Sequential.of(
                new Linear(random, 4096, 4096), Activation.relu(), new Dropout(random, 0.5)),
        Operand.signed(128, 4096));
    rows(
        rows,
        "convolution and relu, 128 x 96 x 32 x 32",
        random ->
            Sequential.of(Conv2d.builder(96, 96, 3).padding(1).build(random), Activation.relu()),
        Operand.channelsLast(128, 96, 32, 32));
    rows(
        rows,
        "convolution, batch norm and relu, 16 x 64 x 56 x 56",
        random ->
            Sequential.of(
                Conv2d.builder(64, 64, 3).padding(1).withoutBias().build(random),
                new BatchNorm2d(64),
                Activation.relu()),
        Operand.channelsLast(16, 64, 56, 56));
    rows(
        rows,
        "residual block, 16 x 64 x 56 x 56",
        random -> ResidualBlock.basic(64, 64).build(random),
        Operand.channelsLast(16, 64, 56, 56));
    return rows;
  }

  private static void rows(
      List<Row> rows, String title, Function<Generator, Module> layer, Operand input) {
    for (boolean backward : new boolean[] {false, true}) {
      rows.add(
          WorkRow.ofProducts(
              "layer/" + title + (backward ? ", with backward" : ", forward"),
              () -> new Layer(layer, input, backward)));
    }
  }

  /** In training, on one input; backward starts from a gradient that arrives. */
  private static final class Layer implements Case {
    private final Module module;
    private final Tensor x;
    private final Tensor arriving;
    private final boolean backward;

    Layer(Function<Generator, Module> layer, Operand input, boolean backward) {
      Generator random = new Generator(1);
      module = layer.apply(random);
      x = input.make().apply(random).retain();
      // A layer amid others passes a gradient on.
      x.requireGradient();
      Shape shape = module.apply(x).shape();
      arriving = random.normal(1, shape.toArray()).retain();
      this.backward = backward;
    }

    @Override
    public void run() {
      if (backward) {
        Tape.record(tape -> tape.backward(List.of(module.apply(x)), List.of(arriving)));
      } else {
        module.apply(x);
      }
    }

    @Override
    public void close() {
      module.close();
      x.close();
      arriving.close();
    }
  }
}
