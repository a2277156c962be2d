package org.hypergrad.nn.data;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.zip.GZIPInputStream;

/** Streams that may be packed. */
final class Gzip {
  private static final int MAGIC_0 = 0x1f;
  private static final int MAGIC_1 = 0x8b;
  private static final int BUFFER = 1 << 16;

  private Gzip() {}

  /**
   * The unpacked content of {@code in}; its first bytes, not its name, say whether it is packed.
   */
  static InputStream unpack(InputStream in) throws IOException {
    BufferedInputStream buffered = new BufferedInputStream(in, BUFFER);
    buffered.mark(2);
    boolean packed = buffered.read() == MAGIC_0 && buffered.read() == MAGIC_1;
    buffered.reset();
    return packed ? new GZIPInputStream(buffered, BUFFER) : buffered;
  }
}
