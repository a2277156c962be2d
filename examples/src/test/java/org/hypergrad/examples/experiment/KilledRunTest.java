package org.hypergrad.examples.experiment;

import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A run that is killed again and again ends as one that is not. {@code -Dhypergrad.kills=20} kills
 * it more often.
 */
class KilledRunTest {
  @TempDir private Path folder;

  @Test
  void endsWithTheSameBits() throws IOException, InterruptedException {
    new Killing("cpu", folder, 16).check(Integer.getInteger("hypergrad.kills", 4));
  }
}
