package org.hypergrad.engine.cuda;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.SplittableRandom;
import org.hypergrad.engine.DType;
import org.hypergrad.kernels.DeviceMemory;
import org.hypergrad.kernels.Launch;

/** Cases of the family image, against a loop over pixels. */
final class ImageKernels {
  /** Images, channels, height and width of the result, height and width of the source. */
  private static final int[][] SHAPES = {
    {1, 1, 1, 1, 1, 1},
    {0, 3, 4, 4, 5, 5},
    {3, 3, 8, 7, 8, 7},
    {2, 1, 28, 28, 28, 28},
    {5, 3, 31, 23, 17, 29},
    {2, 7, 5, 3, 2, 3},
    {3, 4, 16, 16, 16, 16}
  };

  private ImageKernels() {}

  static List<KernelCase> cases() {
    return List.of(
        KernelCase.of("image_interleaved_f32", gpu -> images(gpu, "image_interleaved_f32", true)),
        KernelCase.of("image_planes_f32", gpu -> images(gpu, "image_planes_f32", false)));
  }

  private static void images(Gpu gpu, String kernel, boolean channelsLast) {
    for (int[] shape : SHAPES) {
      new Batch(shape, channelsLast).check(gpu, kernel);
    }
  }

  /** Random pixels, and windows that also reach over the border, some mirrored. */
  private static final class Batch {
    private final int[] shape;
    private final boolean channelsLast;
    private final byte[] pixels;
    private final int[] windows;
    private final float[] scale;
    private final float[] shift;

    Batch(int[] shape, boolean channelsLast) {
      this.shape = shape;
      this.channelsLast = channelsLast;
      SplittableRandom random = new SplittableRandom(1);
      pixels = new byte[shape[0] * shape[1] * shape[4] * shape[5]];
      random.nextBytes(pixels);
      windows = new int[3 * shape[0]];
      for (int i = 0; i < windows.length; i++) {
        windows[i] = i % 3 == 2 ? random.nextInt(2) : random.nextInt(-3, 4);
      }
      scale = new float[shape[1]];
      shift = new float[shape[1]];
      for (int c = 0; c < scale.length; c++) {
        scale[c] = (float) random.nextDouble(0.002, 0.02);
        shift[c] = (float) random.nextDouble(-2, 2);
      }
    }

    private double pixel(int image, int channel, int row, int column) {
      if (row < 0 || row >= shape[4] || column < 0 || column >= shape[5]) {
        return 0;
      }
      int at =
          channelsLast
              ? ((image * shape[4] + row) * shape[5] + column) * shape[1] + channel
              : ((image * shape[1] + channel) * shape[4] + row) * shape[5] + column;
      return pixels[at] & 0xff;
    }

    private double[] expected() {
      double[] y = new double[shape[0] * shape[1] * shape[2] * shape[3]];
      for (int i = 0; i < y.length; i++) {
        int column = i % shape[3];
        int row = i / shape[3] % shape[2];
        int channel = i / shape[3] / shape[2] % shape[1];
        int image = i / shape[3] / shape[2] / shape[1];
        int from = windows[3 * image + 2] == 1 ? shape[3] - 1 - column : column;
        double x = pixel(image, channel, windows[3 * image] + row, windows[3 * image + 1] + from);
        y[i] = x * scale[channel] + shift[channel];
      }
      return y;
    }

    void check(Gpu gpu, String kernel) {
      double[] expected = expected();
      DeviceMemory y = gpu.block((long) expected.length * Float.BYTES);
      DeviceMemory x = gpu.upload(MemorySegment.ofArray(pixels));
      DeviceMemory window = gpu.upload(MemorySegment.ofArray(windows));
      DeviceMemory scales = gpu.upload(MemorySegment.ofArray(scale));
      DeviceMemory shifts = gpu.upload(MemorySegment.ofArray(shift));
      Launch launch = gpu.launch(kernel, 1).pointer(y).pointer(x).pointer(window);
      launch.pointer(scales).pointer(shifts);
      for (int extent : shape) {
        launch.int64(extent);
      }
      launch.run();
      Gpu.assertClose(
          kernel + " " + List.of(shape[0], shape[1], shape[2], shape[3]),
          expected,
          gpu.download(y, DType.FLOAT32));
    }
  }
}
