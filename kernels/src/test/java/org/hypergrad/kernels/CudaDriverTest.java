package org.hypergrad.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class CudaDriverTest {
  @Test
  void aMissingLibraryIsAReasonAndNoException() {
    CudaDriver driver = CudaDriver.probe("libnothing-of-this-name.so.1");
    assertEquals("no libnothing-of-this-name.so.1; install NVIDIA's driver", driver.problem());
    assertEquals(0, driver.version());
  }

  @Test
  void aLibraryThatIsNoDriverIsAReasonToo() {
    CudaDriver driver = CudaDriver.probe("libc.so.6");
    assertTrue(driver.problem().startsWith("libc.so.6 does not answer"), driver.problem());
  }

  @Test
  void theInstalledDriverEitherRunsOrSaysWhyNot() {
    CudaDriver driver = CudaDriver.probe();
    assertEquals(driver.problem().isEmpty(), driver.version() >= 1000);
  }
}
