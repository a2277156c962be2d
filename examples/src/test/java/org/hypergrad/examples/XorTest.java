package org.hypergrad.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.hypergrad.engine.Device;
import org.junit.jupiter.api.Test;

class XorTest {
  @Test
  void learnsAndGivesItsMemoryBack() {
    long before = Device.best().memory().live();
    StringWriter text = new StringWriter();
    double loss = Xor.train(new PrintWriter(text));
    assertTrue(loss < 0.05, "loss " + loss);
    assertTrue(text.toString().contains("step 500: loss"), text::toString);
    assertEquals(before, Device.best().memory().live());
  }
}
