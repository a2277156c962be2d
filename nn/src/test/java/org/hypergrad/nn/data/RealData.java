package org.hypergrad.nn.data;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Real data, which does not come with the project: {@code -Dhypergrad.data=FOLDER} names it. */
public final class RealData {
  private static final String PROPERTY = "hypergrad.data";

  private RealData() {}

  /** A folder of it; a test that asks for one that is not there is skipped. */
  public static Path folder(String name) {
    Path folder = Path.of(System.getProperty(PROPERTY, "")).resolve(name);
    assumeTrue(
        Files.isDirectory(folder), "no " + name + " in the folder that " + PROPERTY + " names");
    return folder;
  }
}
