package org.hypergrad.bench.cpu;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.hypergrad.engine.op.Conv2d;
import org.hypergrad.engine.op.ConvTranspose2d;
import org.hypergrad.engine.op.Window2d;

/**
 * The convolutions of All-CNN-C (Springenberg et al. 2015, table 1) on CIFAR-10 and of ResNet-18 on
 * images of 224 x 224, one pass at a time: by the engine, with the allocation of results and every
 * change of layout; and those of All-CNN-C together also by oneDNN alone, on operands that already
 * lie in the layouts it likes best.
 */
final class ConvolutionRows {
  private static final List<ConvLayer> ALL_CNN =
      List.of(
          new ConvLayer(128, 3, 32, 96, 3, 1, 1),
          new ConvLayer(128, 96, 32, 96, 3, 1, 1),
          new ConvLayer(128, 96, 32, 96, 3, 2, 1),
          new ConvLayer(128, 96, 16, 192, 3, 1, 1),
          new ConvLayer(128, 192, 16, 192, 3, 1, 1),
          new ConvLayer(128, 192, 16, 192, 3, 2, 1),
          new ConvLayer(128, 192, 8, 192, 3, 1, 1),
          new ConvLayer(128, 192, 8, 192, 1, 1, 0),
          new ConvLayer(128, 192, 8, 10, 1, 1, 0));

  /** Those that differ. */
  private static final List<ConvLayer> RESNET =
      List.of(
          new ConvLayer(16, 3, 224, 64, 7, 2, 3),
          new ConvLayer(16, 64, 56, 64, 3, 1, 1),
          new ConvLayer(16, 64, 56, 128, 3, 2, 1),
          new ConvLayer(16, 64, 56, 128, 1, 2, 0),
          new ConvLayer(16, 128, 28, 128, 3, 1, 1),
          new ConvLayer(16, 128, 28, 256, 3, 2, 1),
          new ConvLayer(16, 128, 28, 256, 1, 2, 0),
          new ConvLayer(16, 256, 14, 256, 3, 1, 1),
          new ConvLayer(16, 256, 14, 512, 3, 2, 1),
          new ConvLayer(16, 256, 14, 512, 1, 2, 0),
          new ConvLayer(16, 512, 7, 512, 3, 1, 1));

  private static final Map<String, List<ConvLayer>> NETS =
      new TreeMap<>(Map.of("all-cnn", ALL_CNN, "resnet-18", RESNET));

  private ConvolutionRows() {}

  static List<Row> all() {
    List<Row> rows = new ArrayList<>();
    NETS.forEach(
        (net, layers) -> {
          for (ConvLayer.Pass pass : ConvLayer.Pass.values()) {
            layers.stream()
                .filter(layer -> layer.has(pass))
                .forEach(
                    l -> rows.add(l.row("convolution/%s, %s, %s".formatted(net, l, pass), pass)));
          }
        });
    for (ConvLayer.Pass pass : ConvLayer.Pass.values()) {
      Cost cost = ConvLayer.cost(ALL_CNN, pass);
      List<ConvLayer> layers = ALL_CNN.stream().filter(layer -> layer.has(pass)).toList();
      String name = "convolution/all-cnn, all layers, " + pass;
      rows.add(
          WorkRow.of(
              name,
              cost,
              () -> new Together(layers.stream().map(l -> l.row("", pass).open()).toList())));
      rows.add(
          WorkRow.of(
              name + ", oneDNN alone",
              cost,
              () -> new Together(layers.stream().map(l -> new BareConvolution(l, pass)).toList())));
    }
    rows.add(
        OpRow.of(
            "convolution/transposed, 192 x 8 x 8 to 96 by 2 x 2 / 2",
            new ConvTranspose2d(Conv2d.of(Window2d.UNIT.withStride(2)), new Window2d.Pair(0, 0)),
            Operand.channelsLast(128, 192, 8, 8),
            Operand.signed(192, 96, 2, 2)));
    return rows;
  }

  /** Several pieces of work, one after another. */
  private record Together(List<? extends Case> cases) implements Case {
    @Override
    public void run() {
      cases.forEach(Runnable::run);
    }

    @Override
    public void close() {
      cases.forEach(Case::close);
    }
  }
}
