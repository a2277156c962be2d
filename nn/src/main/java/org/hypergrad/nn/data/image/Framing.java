package org.hypergrad.nn.data.image;

import java.util.random.RandomGenerator;
import org.hypergrad.engine.error.ArgumentException;

/** Which part of a picture of any size becomes an input of one size. */
public interface Framing {
  /** Side of the square that comes out. */
  int size();

  /** What is shown of a picture with these numbers of columns and rows. */
  View view(int width, int height, RandomGenerator random);

  /**
   * For training: a part of random size and place, 8% to 100% of the area and 3/4 to 4/3 as wide as
   * high, resized to the square, and mirrored half of the time. The distribution is that of
   * torchvision's {@code RandomResizedCrop} and {@code RandomHorizontalFlip}; after Szegedy et al.,
   * "Going deeper with convolutions", 2015.
   *
   * @param size 224 for most networks, 299 for Inception's
   * @throws ArgumentException unless positive
   */
  static Framing randomResizedCrop(int size) {
    return new RandomResizedCrop(check(size));
  }

  /**
   * For evaluation: resized so that the shorter side is {@code size / 0.875} (256 for 224, 342 for
   * 299), of which the middle is shown. As torchvision's {@code Resize} and {@code CenterCrop}.
   *
   * @param size 224 for most networks, 299 for Inception's
   * @throws ArgumentException unless positive
   */
  static Framing centreCrop(int size) {
    return new CentreCrop(check(size));
  }

  private static int check(int size) {
    if (size < 1) {
      throw new ArgumentException("framing", "no such size", "" + size, "size >= 1", "");
    }
    return size;
  }
}
