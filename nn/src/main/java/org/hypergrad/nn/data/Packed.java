package org.hypergrad.nn.data;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import org.tukaani.xz.XZ;
import org.tukaani.xz.XZInputStream;

/** Streams that may be packed, by gzip or xz. */
final class Packed {
  private static final byte[] GZIP_MAGIC = {0x1f, (byte) 0x8b};
  private static final int BUFFER = 1 << 16;

  /** More than the strongest setting of xz takes, so that a damaged header cannot ask for more. */
  private static final int XZ_MEMORY_KIB = 1 << 17;

  private Packed() {}

  /**
   * The unpacked content of {@code in}; its first bytes, not its name, say whether it is packed.
   */
  static InputStream unpack(InputStream in) throws IOException {
    BufferedInputStream buffered = new BufferedInputStream(in, BUFFER);
    buffered.mark(XZ.HEADER_MAGIC.length);
    byte[] start = buffered.readNBytes(XZ.HEADER_MAGIC.length);
    buffered.reset();
    if (Arrays.equals(start, XZ.HEADER_MAGIC)) {
      return new XZInputStream(buffered, XZ_MEMORY_KIB);
    }
    boolean gzip =
        start.length >= GZIP_MAGIC.length
            && Arrays.equals(GZIP_MAGIC, Arrays.copyOf(start, GZIP_MAGIC.length));
    return gzip ? new GZIPInputStream(buffered, BUFFER) : buffered;
  }
}
