package org.hypergrad.bench.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.BatchNorm;
import org.hypergrad.engine.op.Binary;
import org.hypergrad.engine.op.BinaryKind;
import org.hypergrad.engine.op.Cast;
import org.hypergrad.engine.op.Contiguous;
import org.hypergrad.engine.op.Gather;
import org.hypergrad.engine.op.MatMul;
import org.hypergrad.engine.op.MaxPool2d;
import org.hypergrad.engine.op.Op;
import org.hypergrad.engine.op.Pool2d;
import org.hypergrad.engine.op.RandomUniform;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.layer.Linear;
import org.junit.jupiter.api.Test;

/** Work counted by hand. */
class CostTest {
  private static void assertBytes(long expected, Op op, Operand... operands) {
    assertEquals(Cost.bytes(expected), Cost.of(op, List.of(operands)));
  }

  private static void assertFlop(long expected, Op op, Operand... operands) {
    assertEquals(new Cost(Cost.Unit.FLOP, expected), Cost.of(op, List.of(operands)));
  }

  @Test
  void pointwiseReadsItsInputsAndWritesItsOutput() {
    Operand x = Operand.signed(3, 5);
    assertBytes(4 * (15 + 15 + 15), new Binary(BinaryKind.ADD), x, x);
    assertBytes(4 * (15 + 5 + 15), new Binary(BinaryKind.ADD), x, Operand.signed(5));
    assertBytes(7 + 4 * 7, new Cast(DType.FLOAT32), Operand.whole(DType.UINT8, 256, 7));
    assertBytes(4 * 11, new RandomUniform(Operand.signed(11).spec(), 1, 0, 0, 1));
  }

  @Test
  void whatIsBroadcastIsReadOnce() {
    Operand row = Operand.signed(1, 5);
    assertBytes(4 * (5 + 15), new Contiguous(), row.broadcast(3, 5));
  }

  @Test
  void ofATableOnlyWhatIsPickedIsRead() {
    Operand index = Operand.whole(DType.INT32, 100, 2, 1).broadcast(2, 8);
    // 2 rows of 8 are read and written, and 2 indices read.
    assertBytes(4 * (16 + 2 + 16), new Gather(0), Operand.signed(100, 8), index);
    // All of the table is written.
    assertBytes(4 * (16 + 2 + 800), new Gather.ScatterAdd(0, 100), Operand.signed(2, 8), index);
  }

  @Test
  void runningStatisticsAreWrittenInTrainingAlone() {
    Operand[] in = {
      Operand.channelsLast(2, 3, 4, 4),
      Operand.positive(3),
      Operand.signed(3),
      Operand.signed(3),
      Operand.positive(3)
    };
    // 96 elements in and out, four vectors of 3 in, two statistics out.
    assertBytes(4 * (2 * 96 + 6 * 3), new BatchNorm(1e-5, 0.1, false), in);
    assertBytes(4 * (2 * 96 + 8 * 3), new BatchNorm(1e-5, 0.1, true), in);
  }

  @Test
  void poolingWritesPlacesToo() {
    assertBytes(
        4 * (2 * 3 * 16 + 2 * (2 * 3 * 4)),
        new MaxPool2d(Pool2d.of(2)),
        Operand.channelsLast(2, 3, 4, 4));
  }

  @Test
  void productsTakeTwoOperationsForEachMultiplication() {
    assertFlop(2 * 3 * 5 * 7, new MatMul(), Operand.signed(3, 5), Operand.signed(5, 7));
    assertFlop(
        2 * 4 * 3 * 5 * 7,
        new MatMul(),
        Operand.signed(4, 3, 5),
        Operand.signed(4, 7, 5).seen(Tensor::transpose, 4, 5, 7));
  }

  @Test
  void allPassesOfAConvolutionMultiplyAsMuch() {
    // Output 2 x 5 x 4 x 4 from 3 channels by kernels of 3 x 3 at step 2.
    ConvLayer layer = new ConvLayer(2, 3, 8, 5, 3, 2, 1);
    long expected = 2 * (2 * 5 * 4 * 4) * (3 * 3 * 3);
    for (ConvLayer.Pass pass : ConvLayer.Pass.values()) {
      assertEquals(
          new Cost(Cost.Unit.FLOP, expected), layer.row(pass.toString(), pass).cost(), "" + pass);
    }
  }

  @Test
  void layersOfImagesHaveNoInputGradient() {
    ConvLayer first = new ConvLayer(2, 3, 8, 5, 3, 2, 1);
    ConvLayer second = new ConvLayer(2, 5, 4, 7, 1, 1, 0);
    long ofFirst = 2 * (2 * 5 * 4 * 4) * (3 * 3 * 3);
    long ofSecond = 2 * (2 * 7 * 4 * 4) * 5;
    List<ConvLayer> both = List.of(first, second);
    assertEquals(ofFirst + ofSecond, ConvLayer.cost(both, ConvLayer.Pass.WEIGHT_GRADIENT).amount());
    assertEquals(ofSecond, ConvLayer.cost(both, ConvLayer.Pass.INPUT_GRADIENT).amount());
  }

  @Test
  void updatesPassThroughTheirArraysOnce() {
    long parameters = 17L * 256 * 256 * 9;
    Cost momentum = UpdateRows.RULES.getFirst().cost();
    // The gradient is read; parameter and velocity are read and written.
    assertEquals(Cost.bytes(4 * parameters * 5), momentum);
  }

  /** A layer's cost is that of the products that it was seen to do. */
  @Test
  void productsOfLayersAreCounted() {
    Row row =
        WorkRow.ofProducts(
            "a dense layer",
            () -> {
              Linear layer = new Linear(new Generator(1), 5, 7);
              Tensor x = new Generator(2).normal(1, 3, 5).retain();
              return new Case() {
                @Override
                public void run() {
                  layer.apply(x);
                }

                @Override
                public void close() {
                  layer.parameters().forEach(Parameter::close);
                  x.close();
                }
              };
            });
    assertEquals(
        new Cost(Cost.Unit.FLOP, 2 * 3 * 5 * 7), Device.cpu().call(() -> Scope.call(row::cost)));
  }
}
