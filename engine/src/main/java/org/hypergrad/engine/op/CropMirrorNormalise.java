package org.hypergrad.engine.op;

import org.hypergrad.engine.DType;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;

/**
 * A window of each image, mirrored or not, as floating numbers of a range of one's own: with a
 * window's top t, left l and mirror flag m,
 *
 * <pre>
 *   y[n, c, i, j] = x[n, c, t + i, l + j'] scale[c] + shift[c],  j' = m = 0 ? j : width - 1 - j
 * </pre>
 *
 * <p>A window may reach over the border, where x counts as 0: black pixels, before they are scaled.
 *
 * <p>Inputs: images x (uint8) [N, C, H, W]; windows (int32) [N, 3], each (t, l, m); scale and shift
 * [C], of one floating type, which is the result's. Output: [N, C, height, width]. It prepares data
 * and has no gradient, neither by the images nor by scale and shift.
 *
 * @param height of the windows
 * @param width of the windows
 */
public record CropMirrorNormalise(long height, long width) implements Op {
  public CropMirrorNormalise {
    Rules.argument(
        "crop_mirror_normalise",
        height >= 0 && width >= 0,
        "extents of the window",
        () -> height + " x " + width,
        "extents >= 0");
  }

  @Override
  public String name() {
    return "crop_mirror_normalise";
  }

  @Override
  public Spec[] infer(Spec... in) {
    Rules.rank(name(), in[0], 4, "images [N, C, H, W]");
    Rules.dtype(name(), in[0], DType.UINT8);
    Rules.dtype(name(), in[1], DType.INT32);
    Rules.floating(name(), in[2], in[3]);
    long images = in[0].shape().extent(0);
    long channels = in[0].shape().extent(1);
    Rules.shape(
        name(),
        in[1].shape().equals(Shape.of(images, 3)),
        "windows do not fit the images",
        "windows [N, 3], each (top, left, mirrored)",
        in[0],
        in[1]);
    Rules.shape(
        name(),
        in[2].shape().equals(Shape.of(channels)) && in[3].shape().equals(Shape.of(channels)),
        "scale or shift does not fit the channels",
        "scale [C] and shift [C]",
        in[0],
        in[2],
        in[3]);
    return Rules.one(in[2].withShape(Shape.of(images, channels, height, width)));
  }
}
