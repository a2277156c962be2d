package org.hypergrad.engine.backend.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;

import java.lang.foreign.MemorySegment;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.backend.cpu.loops.ThreadTeam;

/** Images [N, C, H, W] on their way into a network: rows of pixels, in any strides. */
final class CpuImages {
  /** Elements that are worth a thread of their own. */
  private static final long GRAIN = 16_384;

  private final Tensor x;
  private final Tensor y;
  private final Tensor windows;
  private final float[] scale;
  private final float[] shift;

  private CpuImages(Tensor[] in, Tensor y) {
    this.x = in[0];
    this.y = y;
    this.windows = in[1];
    this.scale = in[2].toFloats();
    this.shift = in[3].toFloats();
  }

  /** Inputs images, windows, scale, shift. Each image's channel is one thread's. */
  static void cropMirrorNormalise(ThreadTeam team, Tensor[] in, Tensor y) {
    CpuImages images = new CpuImages(in, y);
    long plane = y.extent(2) * y.extent(3);
    team.run(
        y.extent(0) * y.extent(1),
        Math.max(1, GRAIN / Math.max(1, plane)),
        (first, end) -> {
          for (long i = first; i < end; i++) {
            images.plane(i / y.extent(1), (int) (i % y.extent(1)));
          }
        });
  }

  private void plane(long image, int channel) {
    long top = window(image, 0);
    long left = window(image, 1);
    boolean mirrored = window(image, 2) != 0;
    long source = x.offset() + image * x.stride(0) + channel * x.stride(1);
    long target = y.offset() + image * y.stride(0) + channel * y.stride(1);
    long last = y.extent(3) - 1;
    long step = mirrored ? -y.stride(3) : y.stride(3);
    for (long i = 0; i < y.extent(2); i++) {
      long row = top + i;
      long to = target + i * y.stride(2) + (mirrored ? last * y.stride(3) : 0);
      boolean inside = row >= 0 && row < x.extent(2);
      row(channel, inside ? source + row * x.stride(2) : -1, left, to, step);
    }
  }

  private int window(long image, int number) {
    long at = windows.offset() + image * windows.stride(0) + number * windows.stride(1);
    return windows.segment().get(JAVA_INT_UNALIGNED, at * 4);
  }

  /**
   * One row of a window.
   *
   * @param from where the image's row begins, or negative if there is none
   * @param left the window's first column in it
   * @param to where that column goes
   * @param step from there to the next
   */
  private void row(int channel, long from, long left, long to, long step) {
    MemorySegment source = x.segment();
    MemorySegment target = y.segment();
    long width = y.extent(3);
    long first = from < 0 ? width : Math.clamp(-left, 0, width);
    long end = from < 0 ? width : Math.clamp(x.extent(3) - left, first, width);
    float factor = scale[channel];
    float term = shift[channel];
    // Infinite and NaN factors count for black pixels too.
    float black = 0 * factor + term;
    for (long j = 0; j < first; j++) {
      PlainRowKernels.set(target, to + j * step, black);
    }
    long pixels = from + left * x.stride(3);
    for (long j = first; j < end; j++) {
      int pixel = source.get(JAVA_BYTE, pixels + j * x.stride(3)) & 0xff;
      PlainRowKernels.set(target, to + j * step, pixel * factor + term);
    }
    for (long j = end; j < width; j++) {
      PlainRowKernels.set(target, to + j * step, black);
    }
  }
}
