package org.hypergrad.bench.cpu;

import static org.hypergrad.engine.DType.FLOAT32;
import static org.hypergrad.engine.DType.INT32;
import static org.hypergrad.engine.DType.UINT8;

import java.util.List;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.Arange;
import org.hypergrad.engine.op.Concat;
import org.hypergrad.engine.op.Contiguous;
import org.hypergrad.engine.op.CropMirrorNormalise;
import org.hypergrad.engine.op.Gather;
import org.hypergrad.engine.op.OneHot;
import org.hypergrad.engine.op.Pad;
import org.hypergrad.engine.op.Slice;

/** What moves elements: views made contiguous, and what joins, cuts, pads or picks. */
final class StructureRows {
  private static final long SIDE = 4096;

  /** An embedding: words, numbers of each, words looked up. */
  private static final long WORDS = 50_000;

  private static final long WIDTH = 512;
  private static final long PICKED = 8192;

  private StructureRows() {}

  static List<Row> all() {
    Contiguous contiguous = new Contiguous();
    Operand whole = Operand.signed(SIDE, SIDE);
    Operand half = Operand.signed(SIDE, SIDE / 2);
    Operand index = Operand.whole(INT32, WORDS, PICKED, 1).broadcast(PICKED, WIDTH);
    return List.of(
        OpRow.of(
            "structure/transpose, 16 M", contiguous, whole.seen(Tensor::transpose, SIDE, SIDE)),
        OpRow.of(
            "structure/permute NHWC to NCHW, 128 x 96 x 32 x 32",
            contiguous,
            Operand.channelsLast(128, 96, 32, 32)),
        OpRow.of(
            "structure/permute NCHW to NHWC, 128 x 96 x 32 x 32",
            contiguous,
            Operand.signed(128, 96, 32, 32).seen(x -> x.permute(0, 2, 3, 1), 128, 32, 32, 96)),
        OpRow.of("structure/concat rows, 2 x 8 M", new Concat(0), half, half),
        OpRow.of("structure/concat columns, 2 x 8 M", new Concat(1), half, half),
        OpRow.of(
            "structure/slice of columns, 8 M",
            contiguous,
            whole.seen(x -> x.slice(1, 0, SIDE / 2), SIDE, SIDE / 2)),
        OpRow.of(
            "structure/every second column, 8 M",
            contiguous,
            whole.seen(x -> x.slice(1, 0, SIDE, 2), SIDE, SIDE / 2)),
        OpRow.of(
            "structure/gradient of a slice of columns, 8 M",
            new Slice.Gradient(new Slice(1, 0, SIDE / 2, 1), SIDE),
            half),
        OpRow.of(
            "structure/pad by 4, 128 x 96 x 32 x 32",
            new Pad(List.of(0L, 0L, 4L, 4L), List.of(0L, 0L, 4L, 4L), 0),
            Operand.signed(128, 96, 32, 32)),
        OpRow.of(
            "structure/embedding, 8192 of 50000 x 512",
            new Gather(0),
            Operand.signed(WORDS, WIDTH),
            index),
        OpRow.of(
            "structure/gradient of an embedding, 8192 of 50000 x 512",
            new Gather.ScatterAdd(0, WORDS),
            Operand.signed(PICKED, WIDTH),
            index),
        OpRow.of(
            "structure/one-hot, 4096 x 1000",
            new OneHot(1000, FLOAT32),
            Operand.whole(INT32, 1000, SIDE)),
        OpRow.of("structure/arange, 16 M", new Arange(Spec.of(FLOAT32, SIDE * SIDE), 0, 1)),
        OpRow.of(
            "structure/crop, mirror and normalise, 128 x 3 x 32 x 32",
            new CropMirrorNormalise(32, 32),
            Operand.whole(UINT8, 256, 128, 3, 32, 32),
            Operand.whole(INT32, 2, 128, 3),
            Operand.positive(3),
            Operand.signed(3)));
  }
}
