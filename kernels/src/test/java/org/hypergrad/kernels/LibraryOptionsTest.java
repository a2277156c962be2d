package org.hypergrad.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What system properties make of the options, and which values they refuse. */
class LibraryOptionsTest {
  private static final String PREFIX = "hypergrad.cuda.";

  @AfterEach
  void clear() {
    for (String name : new String[] {"tf32", "deterministic", "workspace"}) {
      System.clearProperty(PREFIX + name);
    }
  }

  @Test
  void propertiesChangeTheDefaults() {
    assertEquals(LibraryOptions.DEFAULT, LibraryOptions.fromProperties());
    System.setProperty(PREFIX + "tf32", "true");
    System.setProperty(PREFIX + "deterministic", "false");
    System.setProperty(PREFIX + "workspace", "3");
    assertEquals(new LibraryOptions(true, false, 3L << 20), LibraryOptions.fromProperties());
  }

  /** What is no value must not count as false, or as the default. */
  @ParameterizedTest
  @CsvSource({
    "tf32, yes",
    "tf32, ''",
    "deterministic, 1",
    "workspace, -1",
    "workspace, much",
    "workspace, 9000000000000"
  })
  void nonsenseIsRefusedByName(String name, String value) {
    System.setProperty(PREFIX + name, value);
    CudaException e = assertThrows(CudaException.class, LibraryOptions::fromProperties);
    assertTrue(e.getMessage().contains(PREFIX + name), e.getMessage());
    assertTrue(e.getMessage().contains("got " + value + ";"), e.getMessage());
  }
}
