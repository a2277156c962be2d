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
    assertEquals(driver.problem().isEmpty(), driver.version() >= 12_000);
  }

  @Test
  void whatWasFoundIsHeldAgainstWhatIsNeeded() {
    assertEquals("12.0", CudaDriver.of(12_000, 1).versionText());
    assertEquals("", CudaDriver.of(13_010, 2).problem());
    assertEquals("the driver sees no GPU", CudaDriver.of(12_060, 0).problem());
    assertEquals(
        "the driver is too old; got one for CUDA 11.8; expected one for CUDA 12.0 or newer, such as"
            + " 525; install it",
        CudaDriver.of(11_080, 1).problem());
  }

  @Test
  void devicesBeforeTheKernelsArchitectureAreRefused() {
    assertEquals("", device(7, 5).problem());
    assertEquals("", device(12, 0).problem());
    assertEquals(
        "the GPU is too old; got Some GPU, compute capability 7.0, 16.0 GiB; expected compute"
            + " capability 7.5 or newer",
        device(7, 0).problem());
  }

  private static CudaDevice device(int major, int minor) {
    return new CudaDevice(
        0,
        "Some GPU",
        major,
        minor,
        16L << 30,
        new DeviceLimits(1024, 1024, 1024, 64, 1 << 30, 65_535, 65_535, 48 << 10, 80, 2048));
  }
}
