package org.hypergrad.nn.data;

import java.util.List;
import java.util.function.IntFunction;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;

/**
 * How batches of uint8 images {@code [N, C, H, W]} become float32 of the same shape, on the device
 * where they are used: perhaps cropped and mirrored at random, divided by 255, then normalised in
 * each channel, (x / 255 - mean) / std.
 *
 * <pre>{@code
 * ImagePreparation evaluation = ImagePreparation.normalise(mean, std);
 * Loader training = Loader.of(images, 128).shuffle(seed).prepare(evaluation.crop(4).flip());
 * }</pre>
 *
 * <p>As torchvision's RandomCrop(H, padding), RandomHorizontalFlip, ToTensor and Normalize, one
 * after another: what is padded is black, 0 before it is normalised.
 *
 * @param mean of each channel, where 255 counts as 1
 * @param std standard deviation of each channel, in the same unit
 * @param padding pixels of black on each side, out of which a window of the image's size is cut at
 *     any place with equal probability; 0 for no such crop
 * @param flips whether an image is mirrored from left to right with probability 1/2
 */
public record ImagePreparation(List<Double> mean, List<Double> std, int padding, boolean flips) {
  private static final int WINDOW = 3;
  private static final double WHITE = 255;

  /**
   * Checks the numbers.
   *
   * @throws ArgumentException unless there are as many finite means as positive, finite standard
   *     deviations, and the padding is not negative
   */
  public ImagePreparation {
    mean = List.copyOf(mean);
    std = List.copyOf(std);
    check(
        !mean.isEmpty()
            && mean.size() == std.size()
            && mean.stream().allMatch(Double::isFinite)
            && std.stream().allMatch(s -> s > 0 && Double.isFinite(s)),
        "mean and standard deviation do not fit",
        "mean " + mean + ", std " + std,
        "one finite mean and one finite std > 0 per channel",
        "");
    check(padding >= 0, "padding is negative", padding + " pixels", "padding >= 0", "");
  }

  private static void check(
      boolean fits, String problem, String got, String expected, String hint) {
    if (!fits) {
      throw new ArgumentException("image preparation", problem, got, expected, hint);
    }
  }

  /**
   * Normalisation alone, as for evaluation.
   *
   * @param mean of each channel, where 255 counts as 1
   * @param std standard deviation of each channel, in the same unit
   */
  public static ImagePreparation normalise(List<Double> mean, List<Double> std) {
    return new ImagePreparation(mean, std, 0, false);
  }

  /** The same with a random crop out of images padded by so many pixels of black on each side. */
  public ImagePreparation crop(int padding) {
    return new ImagePreparation(mean, std, padding, flips);
  }

  /** The same with images mirrored from left to right with probability 1/2. */
  public ImagePreparation flip() {
    return new ImagePreparation(mean, std, padding, true);
  }

  /** Refuses images of another type or number of channels, or too small for the padding. */
  void checkFits(Spec image) {
    check(
        image.dtype() == DType.UINT8
            && image.shape().rank() == 3
            && image.shape().extent(0) == mean.size(),
        "images do not fit",
        image.toString(),
        "uint8 [" + mean.size() + ", H, W]",
        "");
    check(
        padding == 0 || padding < Math.min(image.shape().extent(1), image.shape().extent(2)),
        "a crop could miss the image",
        padding + " pixels of padding around " + image,
        "less padding than the image is high and wide",
        "");
  }

  /**
   * Normalises images without cropping or mirroring any.
   *
   * @param images uint8 {@code [N, C, H, W]}
   * @return float32 {@code [N, C, H, W]}, in the current scope
   */
  public Tensor apply(Tensor images) {
    return apply(images, new int[WINDOW * (int) images.extent(0)]);
  }

  /** Prepares a batch with the random numbers of the example in each row. */
  Tensor apply(Tensor images, IntFunction<ExampleRandom> random) {
    int[] windows = new int[WINDOW * (int) images.extent(0)];
    for (int row = 0; row < images.extent(0); row++) {
      ExampleRandom draws = random.apply(row);
      windows[WINDOW * row] = draws.below(2 * padding + 1) - padding;
      windows[WINDOW * row + 1] = draws.below(2 * padding + 1) - padding;
      windows[WINDOW * row + 2] = flips ? draws.below(2) : 0;
    }
    return apply(images, windows);
  }

  /** Prepares a batch by windows (top, left, mirrored) of images without padding. */
  Tensor apply(Tensor images, int[] windows) {
    float[] scale = new float[mean.size()];
    float[] shift = new float[mean.size()];
    for (int c = 0; c < scale.length; c++) {
      scale[c] = (float) (1 / (WHITE * std.get(c)));
      shift[c] = (float) (-mean.get(c) / std.get(c));
    }
    return images
        .device()
        .call(
            () ->
                Scope.call(
                    () ->
                        images.cropMirrorNormalise(
                            Tensor.of(windows, images.extent(0), WINDOW),
                            images.extent(2),
                            images.extent(3),
                            Tensor.of(scale, scale.length),
                            Tensor.of(shift, shift.length))));
  }
}
