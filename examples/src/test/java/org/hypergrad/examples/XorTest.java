package org.hypergrad.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.hypergrad.engine.Device;
import org.junit.jupiter.api.Test;

class XorTest {
  @Test
  void learnsAndGivesItsMemoryBack() {
    long before = Device.best().memory().live();
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    double loss = Xor.train(new PrintStream(text, true, StandardCharsets.UTF_8));
    assertTrue(loss < 0.05, "loss " + loss);
    assertTrue(text.toString(StandardCharsets.UTF_8).contains("step 500: loss"), text::toString);
    assertEquals(before, Device.best().memory().live());
  }
}
