package org.hypergrad.engine.backend.cpu.loops;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Mean and biased variance by channel of float32 values [batch, channels, pixels], in one pass over
 * them.
 *
 * <p>Sums are kept in double: there the mean of squares less the square of the mean loses nothing
 * that float32 values have, unless the mean exceeds the deviation some 10^5 times. Each channel is
 * summed in the same order by any number of threads.
 */
public final class ChannelMoments {
  private final long batch;
  private final int channels;
  private final long pixels;
  private final boolean channelsLast;
  private final double[] mean;
  private final double[] variance;

  private ChannelMoments(long batch, int channels, long pixels, boolean channelsLast) {
    this.batch = batch;
    this.channels = channels;
    this.pixels = pixels;
    this.channelsLast = channelsLast;
    mean = new double[channels];
    variance = new double[channels];
  }

  /**
   * The moments of dense values that begin at element {@code at}, with the channels innermost or
   * before the pixels.
   */
  public static ChannelMoments of(
      ThreadTeam team,
      MemorySegment values,
      long at,
      long batch,
      int channels,
      long pixels,
      boolean channelsLast) {
    ChannelMoments moments = new ChannelMoments(batch, channels, pixels, channelsLast);
    long grain = Math.max(1, 16_384 / (batch * pixels));
    team.run(channels, grain, (from, to) -> moments.add(values, at, (int) from, (int) to));
    return moments;
  }

  public double mean(int channel) {
    return mean[channel];
  }

  public double variance(int channel) {
    return variance[channel];
  }

  private void add(MemorySegment values, long at, int from, int to) {
    double[] sum = new double[to - from];
    double[] squares = new double[to - from];
    if (channelsLast) {
      for (long p = 0; p < batch * pixels; p++) {
        addPixel(values, at + p * channels + from, sum, squares);
      }
    } else {
      for (long n = 0; n < batch; n++) {
        for (int c = from; c < to; c++) {
          addPlane(values, at + (n * channels + c) * pixels, c - from, sum, squares);
        }
      }
    }
    double count = (double) batch * pixels;
    for (int c = from; c < to; c++) {
      double m = sum[c - from] / count;
      mean[c] = m;
      variance[c] = Math.max(0, squares[c - from] / count - m * m);
    }
  }

  private static void addPixel(MemorySegment values, long at, double[] sum, double[] squares) {
    for (int c = 0; c < sum.length; c++) {
      double x = values.getAtIndex(ValueLayout.JAVA_FLOAT, at + c);
      sum[c] += x;
      squares[c] += x * x;
    }
  }

  /** Four sums at once, since one addition waits for the one before. */
  private void addPlane(MemorySegment values, long at, int c, double[] sum, double[] squares) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    double q0 = 0;
    double q1 = 0;
    double q2 = 0;
    double q3 = 0;
    long p = 0;
    for (; p + 4 <= pixels; p += 4) {
      double x0 = values.getAtIndex(ValueLayout.JAVA_FLOAT, at + p);
      double x1 = values.getAtIndex(ValueLayout.JAVA_FLOAT, at + p + 1);
      double x2 = values.getAtIndex(ValueLayout.JAVA_FLOAT, at + p + 2);
      double x3 = values.getAtIndex(ValueLayout.JAVA_FLOAT, at + p + 3);
      s0 += x0;
      s1 += x1;
      s2 += x2;
      s3 += x3;
      q0 += x0 * x0;
      q1 += x1 * x1;
      q2 += x2 * x2;
      q3 += x3 * x3;
    }
    for (; p < pixels; p++) {
      double x = values.getAtIndex(ValueLayout.JAVA_FLOAT, at + p);
      s0 += x;
      q0 += x * x;
    }
    sum[c] += s0 + s1 + (s2 + s3);
    squares[c] += q0 + q1 + (q2 + q3);
  }
}
