package org.hypergrad.nn.data.image;

/** A decoded image, wherever its pixels are. Used by one thread, and closed by it. */
interface Pixels extends AutoCloseable {
  int width();

  int height();

  /** 1, or 2, 4 or 8 if each pixel stands for a square of so many of the file's. */
  int reduction();

  /** Copies pixels of a row, from column x on, in the form of {@link Picture#pixels}. */
  void row(int x, int y, int count, int[] into);

  @Override
  default void close() {}
}
