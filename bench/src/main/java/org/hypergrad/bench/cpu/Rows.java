package org.hypergrad.bench.cpu;

import java.util.List;
import java.util.stream.Stream;

/** All that can be timed. */
final class Rows {
  /** Something of each family, for a look that takes two minutes. */
  static final List<String> QUICK =
      List.of(
          "elementwise/relu, 16 M",
          "elementwise/gelu, 1 M",
          "elementwise/add, 1 M",
          "elementwise/add, 16 M",
          "elementwise/relu, gradient, 16 M",
          "reduction/sum of all",
          "reduction/sum of columns",
          "reduction/variance of rows",
          "softmax/softmax, 4096 x 1000",
          "softmax/cross-entropy forward, 128 x 10",
          "softmax/cross-entropy gradient, 4096 x 1000",
          "layer norm/forward, 4096 x 768",
          "batch norm/in training, 16 x 64 x 56 x 56",
          "batch norm/gradient, 16 x 64 x 56 x 56",
          "matmul/128 x 784 x 100",
          "matmul/784 x 128 x 100, first transposed",
          "matmul/1024 x 1024 x 1024",
          "matmul/64 of 128 x 64 x 128",
          "convolution/all-cnn, 96 x 32 x 32 to 96 by 3 x 3, forward",
          "convolution/all-cnn, 96 x 32 x 32 to 96 by 3 x 3, input gradient",
          "convolution/all-cnn, 96 x 32 x 32 to 96 by 3 x 3, weight gradient",
          "convolution/resnet-18, 256 x 14 x 14 to 256 by 3 x 3, forward",
          "pooling/max 3 x 3 / 2, 16 x 64 x 112 x 112",
          "pooling/max gradient 3 x 3 / 2, 16 x 64 x 112 x 112",
          "structure/transpose, 16 M",
          "structure/concat columns, 2 x 8 M",
          "structure/slice of columns, 8 M",
          "structure/pad by 4, 128 x 96 x 32 x 32",
          "structure/embedding, 8192 of 50000 x 512",
          "random/normal, 1 M",
          "random/dropout, 16 M",
          "layer/dense 784 to 100 and relu, batch 128, with backward",
          "layer/convolution, batch norm and relu, 16 x 64 x 56 x 56, with backward",
          "update/momentum, fused",
          "update/momentum, plain",
          "update/Adam, fused",
          "update/FOP around momentum, fused",
          "loader/MNIST, batch 128",
          "loader/CIFAR-10, cropped, mirrored and normalised, batch 128",
          "step/all-cnn, momentum",
          "step/mnist-128, momentum",
          "step/mnist-128, FOP around momentum",
          "step/mnist-16, momentum");

  private Rows() {}

  static List<Row> all() {
    return Stream.of(
            PointwiseRows.all(),
            ReductionRows.all(),
            NormalisationRows.all(),
            ProductRows.all(),
            ConvolutionRows.all(),
            PoolingRows.all(),
            StructureRows.all(),
            RandomRows.all(),
            LayerRows.all(),
            UpdateRows.all(),
            LoaderRows.all(),
            StepRows.all())
        .flatMap(List::stream)
        .toList();
  }

  /** Something of each family. */
  static List<Row> quick() {
    return all().stream().filter(row -> QUICK.contains(row.name())).toList();
  }

  /** The row, or the ceiling, of this name. */
  static Row named(String name) {
    return Stream.concat(Ceilings.ROWS.stream(), all().stream())
        .filter(row -> row.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no row is called " + name));
  }
}
