package org.hypergrad.engine.random;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import org.junit.jupiter.api.Test;

class PhiloxTest {
  /** The known answers for philox4x32-10 that its authors publish: counter, key, words. */
  private static final String[][] KNOWN = {
    {"00000000 00000000 00000000 00000000", "00000000 00000000"},
    {"6627e8d5 e169c58d bc57ac4c 9b00dbd8"},
    {"ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff"},
    {"408f276d 41c83b0e a20bc7c6 6d5451fd"},
    {"243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0"},
    {"d16cfe09 94fdcceb 5001e420 24126ea1"},
  };

  @Test
  void blocksAreTheKnownAnswers() {
    for (int i = 0; i < KNOWN.length; i += 2) {
      int[] counter = words(KNOWN[i][0]);
      int[] key = words(KNOWN[i][1]);
      int[] result = new int[4];
      Philox.block(counter[0], counter[1], counter[2], counter[3], key[0], key[1], result);
      assertArrayEquals(words(KNOWN[i + 1][0]), result);
    }
  }

  @Test
  void streamsMapSeedOffsetAndIndexAsDocumented() {
    // Counter and key of the third known answer; its four words are indices 4n to 4n + 3.
    long seed = 0x299f31d0a4093822L;
    long offset = 0x0370734413198a2eL;
    long block = 0x05a308d3243f6a88L;
    int[] expected = new int[4];
    Philox.block(0x243f6a88, 0x05a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0, expected);
    for (int word = 0; word < 4; word++) {
      assertEquals(expected[word], Philox.bits(seed, offset, 4 * block + word));
      float uniform = Philox.uniform(seed, offset, 4 * block + word);
      assertEquals((expected[word] >>> 8) / 16777216.0, uniform);
    }
  }

  @Test
  void uniformStaysBelowOne() {
    assertEquals(0f, Philox.uniform(0xFF));
    assertEquals(1f - 0x1p-24f, Philox.uniform(0xFFFFFFFF));
  }

  @Test
  void normalIsTheDocumentedTransformOfTwoWords() {
    for (long index = 0; index < 64; index++) {
      long even = index & ~1L;
      double u = ((Philox.bits(7, 3, even) >>> 8) + 1) / 16777216.0;
      double v = (Philox.bits(7, 3, even + 1) >>> 8) / 16777216.0;
      double radius = Math.sqrt(-2 * Math.log(u));
      double turn = index % 2 == 0 ? Math.cos(2 * Math.PI * v) : Math.sin(2 * Math.PI * v);
      assertEquals(radius * turn, Philox.normal(7, 3, index), 4e-7);
    }
    assertEquals(0, Philox.radius(0xFFFFFFFF), 0.0, "log 1, whose sign does not matter");
    assertEquals(5.768, Philox.radius(0), 1e-3);
  }

  @Test
  void streamsDiffer() {
    assertNotEquals(Philox.bits(1, 0, 0), Philox.bits(2, 0, 0));
    assertNotEquals(Philox.bits(1, 0, 0), Philox.bits(1, 1, 0));
    assertNotEquals(Philox.bits(1L << 32, 0, 0), Philox.bits(0, 0, 0));
    assertNotEquals(Philox.bits(1, 1L << 32, 0), Philox.bits(1, 0, 0));
    assertNotEquals(Philox.bits(1, 0, 1L << 34), Philox.bits(1, 0, 0));
  }

  @Test
  void momentsAreThoseOfTheDistributions() {
    int n = 200_000;
    double sum = 0;
    double[] powers = new double[5];
    for (int i = 0; i < n; i++) {
      sum += Philox.uniform(42, 0, i);
      double z = Philox.normal(42, 1, i);
      for (int p = 1; p <= 4; p++) {
        powers[p] += Math.pow(z, p) / n;
      }
    }
    // Five standard errors: of the uniform mean 1/sqrt(12n), of z^p sqrt(var(z^p) / n).
    double error = 5 / Math.sqrt(n);
    assertEquals(0.5, sum / n, error / Math.sqrt(12));
    assertEquals(0, powers[1], error);
    assertEquals(1, powers[2], error * Math.sqrt(2));
    assertEquals(0, powers[3], error * Math.sqrt(15));
    assertEquals(3, powers[4], error * Math.sqrt(96));
  }

  private static int[] words(String hex) {
    String[] parts = hex.split(" ");
    int[] words = new int[parts.length];
    for (int i = 0; i < parts.length; i++) {
      words[i] = Integer.parseUnsignedInt(parts[i], 16);
    }
    return words;
  }
}
