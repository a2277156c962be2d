package org.hypergrad.engine.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.function.DoubleUnaryOperator;
import java.util.function.Supplier;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.backend.cpu.loops.ChannelMoments;
import org.hypergrad.engine.backend.cpu.loops.ThreadTeam;
import org.hypergrad.engine.backend.cpu.onednn.ConvGeometry;
import org.hypergrad.engine.backend.cpu.onednn.Normalisation;
import org.hypergrad.engine.backend.cpu.onednn.Normalisation.Statistics;
import org.hypergrad.engine.backend.cpu.onednn.ProgramCache;
import org.hypergrad.engine.op.BatchNorm;
import org.hypergrad.engine.op.LayerNorm;

/** Batch and layer normalisation, by oneDNN; of one element or more. */
final class CpuNormalisation {
  private final ProgramCache programs;
  private final Supplier<ThreadTeam> team;

  CpuNormalisation(ProgramCache programs, Supplier<ThreadTeam> team) {
    this.programs = programs;
    this.team = team;
  }

  /** Strides of the result for x, and of its gradient: channels last where x is. */
  static long[] layout(Tensor x) {
    return isChannelsLast(x) ? CpuProducts.channelsLast(x.shape()) : x.shape().contiguousStrides();
  }

  private static boolean isChannelsLast(Tensor x) {
    return x.rank() == 4 && CpuProducts.isChannelsLast(x);
  }

  private static Tensor laidOut(Tensor x, boolean channelsLast) {
    if (!channelsLast) {
      return x.contiguous();
    }
    return CpuProducts.isChannelsLast(x)
        ? x
        : x.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
  }

  private static Normalisation byChannel(
      Tensor x, boolean training, double epsilon, boolean gradient) {
    long channels = x.extent(1);
    long pixels = x.count() / x.extent(0) / channels;
    return new Normalisation(
        training ? Statistics.BATCH : Statistics.GIVEN,
        new ConvGeometry.Images(x.extent(0), channels, pixels, 1),
        isChannelsLast(x) || pixels == 1,
        (float) epsilon,
        gradient);
  }

  private static Normalisation byRow(Tensor x, Tensor scale, double epsilon, boolean gradient) {
    return new Normalisation(
        Statistics.ROWS,
        new ConvGeometry.Images(x.count() / scale.count(), scale.count(), 1, 1),
        false,
        (float) epsilon,
        gradient);
  }

  /**
   * oneDNN sums in float32, which misses the mean by some units in the last place, and a channel of
   * equal values by their quotient with sqrt(epsilon); so the moments are found here.
   */
  void batchNorm(BatchNorm op, Tensor[] in, Tensor[] out) {
    boolean channelsLast = isChannelsLast(in[0]);
    Tensor x = laidOut(in[0], channelsLast);
    if (op.training()) {
      ChannelMoments moments = moments(x, channelsLast);
      double n = (double) x.count() / x.extent(1);
      for (int c = 0; c < x.extent(1); c++) {
        set(out[1], c, moments.mean(c));
        set(out[2], c, moments.variance(c));
        gather(in[3], c, op.momentum(), moments.mean(c));
        gather(in[4], c, op.momentum(), moments.variance(c) * n / (n - 1));
      }
      in[3].changedInPlace();
      in[4].changedInPlace();
    } else {
      out[1].assign(in[3]);
      out[2].assign(in[4]);
    }
    forward(byChannel(x, false, op.epsilon(), false), x, in, out);
    replace(out[2], variance -> 1 / Math.sqrt(variance + op.epsilon()));
  }

  private ChannelMoments moments(Tensor x, boolean channelsLast) {
    long batch = x.extent(0);
    int channels = Math.toIntExact(x.extent(1));
    return ChannelMoments.of(
        team.get(),
        x.segment(),
        x.offset(),
        batch,
        channels,
        x.count() / batch / channels,
        channelsLast);
  }

  void layerNorm(LayerNorm op, Tensor[] in, Tensor[] out) {
    forward(byRow(in[0], in[1], op.epsilon(), false), in[0].contiguous(), in, out);
    replace(out[2], variance -> 1 / Math.sqrt(variance + op.epsilon()));
  }

  private void forward(Normalisation pass, Tensor x, Tensor[] in, Tensor[] out) {
    Tensor scale = in[1].contiguous();
    Tensor shift = in[2].contiguous();
    run(pass, x, scale, shift, out[0], out[1], out[2]);
  }

  void batchNormGradient(BatchNorm.Gradient op, Tensor[] in, Tensor[] out) {
    gradient(byChannel(in[1], op.training(), 0, true), isChannelsLast(in[1]), in, out);
  }

  void layerNormGradient(Tensor[] in, Tensor[] out) {
    gradient(byRow(in[1], in[2], 0, true), false, in, out);
  }

  /** Epsilon lies in the variance here: it is made of the inverse that the forward pass used. */
  private void gradient(Normalisation pass, boolean channelsLast, Tensor[] in, Tensor[] out) {
    Tensor variance = in[4].copy();
    replace(variance, inverse -> 1 / (inverse * inverse));
    run(
        pass,
        laidOut(in[0], channelsLast),
        laidOut(in[1], channelsLast),
        in[2].contiguous(),
        in[3].contiguous(),
        variance,
        out[0],
        out[1],
        out[2]);
  }

  private void run(Normalisation pass, Tensor... operands) {
    long[] addresses = new long[operands.length];
    for (int i = 0; i < addresses.length; i++) {
      addresses[i] = CpuProducts.address(operands[i]);
    }
    pass.run(programs, team.get().threads(), addresses);
  }

  /** Sets each element of a contiguous tensor to f of it. */
  private static void replace(Tensor tensor, DoubleUnaryOperator f) {
    MemorySegment segment = tensor.segment();
    for (long i = tensor.offset(); i < tensor.offset() + tensor.count(); i++) {
      float value = segment.getAtIndex(ValueLayout.JAVA_FLOAT, i);
      segment.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) f.applyAsDouble(value));
    }
  }

  private static void set(Tensor vector, long c, double value) {
    long at = vector.offset() + c * vector.stride(0);
    vector.segment().setAtIndex(ValueLayout.JAVA_FLOAT, at, (float) value);
  }

  /** running = (1 - momentum) running + momentum value. */
  private static void gather(Tensor running, long c, double momentum, double value) {
    long at = running.offset() + c * running.stride(0);
    double before = running.segment().getAtIndex(ValueLayout.JAVA_FLOAT, at);
    set(running, c, (1 - momentum) * before + momentum * value);
  }
}
