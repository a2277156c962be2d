package org.hypergrad.nn.data.image;

import java.lang.System.Logger.Level;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.random.RandomGenerator;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Spec;
import org.hypergrad.nn.data.DataException;
import org.hypergrad.nn.data.Dataset;

/**
 * Images as uint8 {@code [3, size, size]}, red, green, blue, with an int32 label. They are
 * normalised on the device, batch by batch, and not here: a byte a value is a quarter of what is
 * copied.
 *
 * <p>What an example holds depends on the files, on its index and on the random numbers that it is
 * given, and thus on seed, epoch and index alone; so does what takes the place of a bad one.
 */
public final class ImageDataset implements Dataset {
  private static final System.Logger LOG = System.getLogger("hypergrad.data");

  private final ImageIndex index;
  private final Framing framing;
  private final ImageDecoder decoder;
  private final OnBadImage onBadImage;

  /** Paths of the bad images that were met, by this or by a part of it. */
  private final Set<String> bad;

  private ImageDataset(
      ImageIndex index,
      Framing framing,
      ImageDecoder decoder,
      OnBadImage onBadImage,
      Set<String> bad) {
    this.index = index;
    this.framing = framing;
    this.decoder = decoder;
    this.onBadImage = onBadImage;
    this.bad = bad;
  }

  /** All images of an index; a bad one is an error. */
  public static ImageDataset of(ImageIndex index, Framing framing) {
    return new ImageDataset(
        index, framing, ImageDecoder.fastest(), OnBadImage.THROW, new ConcurrentSkipListSet<>());
  }

  /** With a decoder of choice. */
  public ImageDataset decoder(ImageDecoder decoder) {
    return new ImageDataset(index, framing, decoder, onBadImage, new ConcurrentSkipListSet<>());
  }

  /** With this done about images that cannot be decoded. */
  public ImageDataset onBadImage(OnBadImage onBadImage) {
    return new ImageDataset(index, framing, decoder, onBadImage, new ConcurrentSkipListSet<>());
  }

  /** Where the images are, and their classes. */
  public ImageIndex index() {
    return index;
  }

  /** A part of the images: what takes the place of a bad one is of it, too. */
  @Override
  public ImageDataset only(int... indices) {
    return new ImageDataset(index.only(indices), framing, decoder, onBadImage, bad);
  }

  /**
   * Paths of the bad images that were met and left out so far, also by {@linkplain #only parts}, in
   * their order.
   */
  public List<String> skipped() {
    return List.copyOf(bad);
  }

  @Override
  public int size() {
    return index.size();
  }

  @Override
  public Spec input() {
    return Spec.of(DType.UINT8, 3, framing.size(), framing.size());
  }

  @Override
  public Spec target() {
    return Spec.of(DType.INT32);
  }

  /**
   * Writes an image, or where bad ones are left out, the next good one by index: behind the last
   * comes the first.
   *
   * @throws DataException if a bad image is an error, if all images are bad, or under either policy
   *     if a file cannot be read at all or has changed
   */
  @Override
  public void read(int index, RandomGenerator random, MemorySegment input, MemorySegment target) {
    DataException last = null;
    for (int i = 0; i < size(); i++) {
      int candidate = (index + i) % size();
      byte[] file = this.index.read(candidate);
      try {
        decoder.read(describe(candidate), file, framing, random, input);
        target.set(ValueLayout.JAVA_INT, 0, this.index.label(candidate));
        return;
      } catch (DataException undecodable) {
        if (onBadImage == OnBadImage.THROW) {
          throw undecodable;
        }
        skip(candidate, undecodable);
        last = undecodable;
      }
    }
    throw new DataException(
        this.index.toString(), "all images are bad", "" + size(), "a good one", "", last);
  }

  private void skip(int index, DataException undecodable) {
    if (bad.add(describe(index))) {
      LOG.log(Level.WARNING, "left out, {0} so far: {1}", bad.size(), undecodable.getMessage());
    }
  }

  @Override
  public String describe(int index) {
    return this.index.describe(index);
  }
}
