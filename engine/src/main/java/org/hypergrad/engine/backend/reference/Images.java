package org.hypergrad.engine.backend.reference;

import org.hypergrad.engine.Shape;

/** Images [N, C, H, W] on their way into a network. */
final class Images {
  private Images() {}

  /** Inputs images, windows, scale, shift. */
  static Values cropMirrorNormalise(Values[] in, Shape shape) {
    Values x = in[0];
    int channels = x.extent(1);
    int height = x.extent(2);
    int width = x.extent(3);
    int outHeight = (int) shape.extent(2);
    int outWidth = (int) shape.extent(3);
    return Values.generate(
        shape,
        i -> {
          int j = i % outWidth;
          int plane = i / outWidth / outHeight;
          int window = 3 * (plane / channels);
          boolean mirrored = in[1].data()[window + 2] != 0;
          double row = in[1].data()[window] + i / outWidth % outHeight;
          double column = in[1].data()[window + 1] + (mirrored ? outWidth - 1 - j : j);
          boolean inside = row >= 0 && row < height && column >= 0 && column < width;
          double pixel = inside ? x.data()[(plane * height + (int) row) * width + (int) column] : 0;
          return pixel * in[2].data()[plane % channels] + in[3].data()[plane % channels];
        });
  }
}
