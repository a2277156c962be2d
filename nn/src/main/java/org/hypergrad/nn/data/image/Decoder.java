package org.hypergrad.nn.data.image;

import org.hypergrad.nn.data.DataException;

/** A way to get the pixels of an image, as they are stored. Safe for use by several threads. */
interface Decoder {
  /**
   * Decodes a file; the caller closes the result.
   *
   * @param reduction 1, 2, 4 or 8: how much smaller the picture is wanted; a decoder that cannot
   *     reduce gives all pixels
   * @throws DataException if the file is damaged, even where a part of it could be shown
   */
  Pixels decode(String source, byte[] file, Header header, int reduction);
}
