package org.hypergrad.examples.experiment;

import java.io.IOException;
import java.nio.file.Path;
import org.hypergrad.kernels.Simulated;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** On the simulated GPU too, a run that is killed ends as one that is not. */
@Simulated
class SimulatedKilledRunTest {
  @TempDir private Path folder;

  @Test
  void endsWithTheSameBits() throws IOException, InterruptedException {
    new Killing("simulated", folder, 3).check(Integer.getInteger("hypergrad.kills", 2));
  }
}
