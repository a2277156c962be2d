package org.hypergrad.engine.backend.cpu.loops;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * How wide all vectors are: vectors of two widths in one program make the compiler give up what it
 * knows of either.
 *
 * <p>As wide as the processor has registers, but for AMD's Zen 4. It computes 512 bits in two
 * halves, so that wider vectors win nothing there and lose where not all lanes are in use: for rows
 * of nine floats, vectors of 256 bits take half the time.
 */
public final class VectorWidth {
  private static final Path PROCESSORS = Path.of("/proc/cpuinfo");
  private static final Pattern VENDOR = Pattern.compile("(?m)^vendor_id\\s*:\\s*AuthenticAMD$");

  /** Zen 3, which has 256 bits anyway, and Zen 4. */
  private static final Pattern FAMILY = Pattern.compile("(?m)^cpu family\\s*:\\s*25$");

  public static final VectorShape SHAPE = shape(FloatVector.SPECIES_PREFERRED.vectorShape());
  public static final VectorSpecies<Float> FLOATS = VectorSpecies.of(float.class, SHAPE);

  private VectorWidth() {}

  private static VectorShape shape(VectorShape widest) {
    if (widest.vectorBitSize() <= 256) {
      return widest;
    }
    try {
      return computesHalves(Files.readString(PROCESSORS)) ? VectorShape.S_256_BIT : widest;
    } catch (IOException notLinux) {
      return widest;
    }
  }

  /** Whether a processor that Linux describes like this computes 512 bits in two halves. */
  static boolean computesHalves(String description) {
    return VENDOR.matcher(description).find() && FAMILY.matcher(description).find();
  }
}
