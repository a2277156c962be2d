package org.hypergrad.nn.data;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/** The sum by which files are known. */
final class Sha256 {
  private Sha256() {}

  static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new AssertionError("every Java platform has SHA-256", impossible);
    }
  }
}
