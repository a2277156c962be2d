package org.hypergrad.nn.save;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * The SHA-256 of a whole file, which stands in the file's own metadata: its digits count as zeros.
 */
final class ContentHash {
  /** The metadata that holds it. */
  static final String KEY = "hypergrad.sha256";

  /** What stands in its place until it is known. */
  static final String ZEROS = "0".repeat(64);

  private final MessageDigest digest;

  /** Of a file with this header so far. */
  ContentHash(byte[] header, int position) {
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError("every Java platform has SHA-256", impossible);
    }
    byte[] zeroed = header.clone();
    Arrays.fill(zeroed, position, position + ZEROS.length(), (byte) '0');
    digest.update(length(header));
    digest.update(zeroed);
  }

  /** What a file with this header begins with. */
  static byte[] length(byte[] header) {
    return ByteBuffer.allocate(Long.BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(header.length)
        .array();
  }

  /** Where the digits {@code hash} begin in a header; negative if they are not there. */
  static int position(byte[] header, String hash) {
    String before = "\"" + KEY + "\":\"";
    // Latin-1, so that characters are bytes; within a text, JSON has no bare quotation mark.
    int found = new String(header, StandardCharsets.ISO_8859_1).indexOf(before + hash + "\"");
    return found < 0 ? found : found + before.length();
  }

  /** Adds data. */
  void update(ByteBuffer data) {
    digest.update(data);
  }

  /** The digits, after all data. */
  String digits() {
    return HexFormat.of().formatHex(digest.digest());
  }
}
