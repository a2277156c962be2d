package org.hypergrad.nn.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Images of stripes for a classifier to tell apart: class {@code 5 w + a} has the a-th of five
 * angles and the w-th of two wavelengths. In each channel,
 *
 * <pre>
 *   pixel(x, y) = base + contrast cos(2 pi (x cos t + y sin t) / wavelength + phase) + noise
 * </pre>
 *
 * rounded and held within [0, 255]. An image's angle t is its class's give or take some degrees,
 * turned to either side; its phase and its two colours are any: so that neither the mean of an
 * image nor any one pixel tells its class.
 */
final class Stripes {
  /** Of the direction across the stripes, with the rows of pixels. */
  private static final double[] DEGREES = {0, 22.5, 45, 67.5, 90};

  /** In pixels. */
  private static final double[] WAVELENGTHS = {4.5, 9};

  private static final double DEGREES_AROUND = 5;
  private static final double BASE = 128;
  private static final double BASE_AROUND = 40;
  private static final double LEAST_CONTRAST = 30;
  private static final double MOST_CONTRAST = 70;

  /** Of the noise, which is uniform. */
  private static final double NOISE_AROUND = 40;

  static final List<String> NAMES =
      IntStream.range(0, Cifar10.CLASSES).mapToObj(Stripes::name).toList();

  private final ExampleRandom random;
  private final int label;

  /** What is left of the random number that the noise is taken from. */
  private long bits;

  private Stripes(ExampleRandom random, int label) {
    this.random = random;
    this.label = label;
  }

  private static String name(int label) {
    String width = label < DEGREES.length ? "narrow" : "wide";
    String degrees = String.valueOf(DEGREES[label % DEGREES.length]).replace(".0", "");
    return width + " stripes at " + degrees + " degrees";
  }

  /**
   * Images with the classes in turn.
   *
   * @param which part of the set: other parts have other images
   */
  static CifarRecords.Part part(String which, int count, long seed) {
    // No epoch of training has such a number, so that no other random number is one of these.
    long stream = Long.MIN_VALUE + (which.equals("train") ? 0 : 1);
    List<byte[]> records = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      ExampleRandom random = ExampleRandom.ofExample(seed, stream, i);
      records.add(new Stripes(random, i % Cifar10.CLASSES).record());
    }
    return new CifarRecords.Part("synthetic " + which + " images, seed " + seed, records);
  }

  /** Uniform around 0. */
  private double around(double most) {
    return most * (2 * random.unit() - 1);
  }

  private byte[] record() {
    double side = random.unit() < 0.5 ? -1 : 1;
    double degrees = DEGREES[label % DEGREES.length] + around(DEGREES_AROUND);
    double angle = StrictMath.toRadians(side * degrees);
    double frequency = 2 * Math.PI / WAVELENGTHS[label / DEGREES.length];
    double phase = 2 * Math.PI * random.unit();
    double[] wave =
        wave(frequency * StrictMath.cos(angle), frequency * StrictMath.sin(angle), phase);
    double contrast = LEAST_CONTRAST + (MOST_CONTRAST - LEAST_CONTRAST) * random.unit();
    double[] base = new double[CifarRecords.CHANNELS];
    double[] strength = new double[CifarRecords.CHANNELS];
    for (int c = 0; c < base.length; c++) {
      base[c] = BASE + around(BASE_AROUND);
      strength[c] = around(1);
    }
    // The strongest channel has the whole contrast.
    double strongest = Arrays.stream(strength).map(Math::abs).max().orElseThrow();
    byte[] record = new byte[CifarRecords.RECORD];
    record[0] = (byte) label;
    for (int i = 0; i < CifarRecords.PIXELS; i++) {
      int c = i / CifarRecords.PLANE;
      double stripe = contrast * strength[c] / strongest * wave[i % CifarRecords.PLANE];
      double value = base[c] + stripe + noise(i);
      record[1 + i] = (byte) Math.clamp(Math.round(value), 0, 255);
    }
    return record;
  }

  /** A byte of a random number for each pixel. */
  private double noise(int pixel) {
    bits = pixel % Long.BYTES == 0 ? random.nextLong() : bits >> Byte.SIZE;
    return NOISE_AROUND * (byte) bits / 128;
  }

  /** cos(u x + v y + phase) for all pixels, from functions of x and of y alone. */
  private static double[] wave(double u, double v, double phase) {
    double[] wave = new double[CifarRecords.PLANE];
    for (int y = 0; y < CifarRecords.EXTENT; y++) {
      double cosY = StrictMath.cos(v * y + phase);
      double sinY = StrictMath.sin(v * y + phase);
      for (int x = 0; x < CifarRecords.EXTENT; x++) {
        wave[y * CifarRecords.EXTENT + x] =
            StrictMath.cos(u * x) * cosY - StrictMath.sin(u * x) * sinY;
      }
    }
    return wave;
  }
}
