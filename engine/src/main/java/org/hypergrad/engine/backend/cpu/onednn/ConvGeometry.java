package org.hypergrad.engine.backend.cpu.onednn;

/**
 * The geometry of a convolution, in pixels.
 *
 * @param in images x [N, C, H, W]
 * @param out images y [N, O, H', W']
 * @param kernel extents of the kernel
 * @param stride steps
 * @param before padding at the top and on the left
 * @param after padding at the bottom and on the right
 * @param dilation distances of taps
 * @param groups groups of channels
 */
public record ConvGeometry(
    Images in,
    Images out,
    Extents kernel,
    Extents stride,
    Extents before,
    Extents after,
    Extents dilation,
    long groups) {

  /** A batch of images. */
  public record Images(long batch, long channels, long height, long width) {
    long[] extents() {
      return new long[] {batch, channels, height, width};
    }

    long count() {
      return batch * channels * height * width;
    }

    long[] strides(boolean channelsLast) {
      return channelsLast
          ? new long[] {height * width * channels, 1, width * channels, channels}
          : new long[] {channels * height * width, height * width, width, 1};
    }
  }

  /** Height and width. */
  public record Extents(long height, long width) {
    long[] pair() {
      return new long[] {height, width};
    }
  }

  /** Extents of the weights: [O, C, kh, kw], or with groups [g, O / g, C / g, kh, kw]. */
  long[] weights() {
    return groups == 1
        ? new long[] {out.channels, in.channels, kernel.height, kernel.width}
        : new long[] {
          groups, out.channels / groups, in.channels / groups, kernel.height, kernel.width
        };
  }

  /** Multiplications with additions of any pass. */
  public long multiplications() {
    return out.count() * (in.channels / groups) * kernel.height * kernel.width;
  }
}
