package org.hypergrad.kernels;

/**
 * The extents of a two-dimensional convolution of float32, all images NCHW without gaps: x [N, C,
 * H, W], w [O, C / groups, kh, kw], y [N, O, H', W'] with H' = floor((H + 2 padding - dilation (kh
 * - 1) - 1) / stride) + 1, and W' likewise.
 *
 * @param x what is convolved
 * @param outChannels O
 * @param kernel kh and kw
 * @param stride steps between windows
 * @param padding zeros on both sides of an axis
 * @param dilation steps between the elements of a window
 * @param groups groups of channels that see only themselves
 */
public record ConvolutionShape(
    Images x,
    long outChannels,
    Pair kernel,
    Pair stride,
    Pair padding,
    Pair dilation,
    long groups) {
  /** Images [N, C, H, W]. */
  public record Images(long batch, long channels, long height, long width) {
    long count() {
      return Math.multiplyExact(
          Math.multiplyExact(batch, channels), Math.multiplyExact(height, width));
    }

    /** What keeps cuDNN from them, or null. */
    String problem() {
      if (Math.min(Math.min(batch, channels), Math.min(height, width)) < 1) {
        return "an extent below 1 in " + this;
      }
      return count() <= Integer.MAX_VALUE
          ? null
          : "cuDNN counts elements in 32 bits; got "
              + count()
              + "; expected fewer than 2^31; hint: smaller batches";
    }

    @Override
    public String toString() {
      return "[" + batch + ", " + channels + ", " + height + ", " + width + "]";
    }
  }

  /** Numbers for rows and columns. */
  public record Pair(long height, long width) {
    @Override
    public String toString() {
      return "[" + height + ", " + width + "]";
    }
  }

  /** Extents of y. */
  public Images y() {
    return new Images(
        x.batch,
        outChannels,
        out(x.height, kernel.height, stride.height, padding.height, dilation.height),
        out(x.width, kernel.width, stride.width, padding.width, dilation.width));
  }

  private static long out(long extent, long kernel, long stride, long padding, long dilation) {
    return Math.floorDiv(extent + 2 * padding - dilation * (kernel - 1) - 1, stride) + 1;
  }

  /** Extents of w, as images [O, C / groups, kh, kw]. */
  Images w() {
    return new Images(outChannels, x.channels / groups, kernel.height, kernel.width);
  }

  /** What keeps cuDNN from this convolution, or null. */
  String problem() {
    if (groups < 1 || x.channels % groups != 0 || outChannels % groups != 0) {
      return "groups do not divide the channels";
    }
    String problem = x.problem();
    problem = problem == null ? w().problem() : problem;
    return problem == null ? y().problem() : problem;
  }

  @Override
  public String toString() {
    return "x "
        + x
        + ", w "
        + w()
        + ", y "
        + y()
        + ", stride "
        + stride
        + ", padding "
        + padding
        + ", dilation "
        + dilation
        + ", groups "
        + groups;
  }
}
