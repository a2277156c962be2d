package org.hypergrad.nn.data.image;

/** What happens when an image cannot be decoded. */
public enum OnBadImage {
  /** The batch that it belongs to fails with a message that has the image's path. */
  THROW,
  /**
   * The next good image by index takes its place, with that one's label. Its path is logged the
   * first time, and kept for {@link ImageDataset#skipped}.
   */
  SKIP
}
