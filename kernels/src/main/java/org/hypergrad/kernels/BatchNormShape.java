package org.hypergrad.kernels;

/**
 * Extents of a batch normalisation of float32: images [N, C, pixels] without gaps, and vectors [C].
 *
 * @param batch N
 * @param channels C
 * @param pixels elements of an image and channel
 */
public record BatchNormShape(long batch, long channels, long pixels) {
  /** Most images that cuDNN takes. */
  public static long mostImages(boolean training) {
    return training ? 880_801 : 65_535;
  }

  /**
   * Vectors with one element per channel.
   *
   * @param scale what is multiplied, last
   * @param shift what is added, last
   */
  public record Affine(DeviceView scale, DeviceView shift) {}

  /**
   * Vectors with one element per channel.
   *
   * @param mean the mean
   * @param spread the variance, or 1 / sqrt(variance + epsilon)
   */
  public record Statistics(DeviceView mean, DeviceView spread) {}

  ConvolutionShape.Images images() {
    return new ConvolutionShape.Images(batch, channels, pixels, 1);
  }

  /** What keeps cuDNN from it, or null. */
  String problem(boolean training) {
    long most = mostImages(training);
    if (Math.min(batch, Math.min(channels, pixels)) < 1 || batch > most) {
      return "an extent out of range; expected 1 to " + most + " images, the others at least 1";
    }
    return images().problem();
  }

  @Override
  public String toString() {
    return "x [" + batch + ", " + channels + ", " + pixels + "]";
  }
}
