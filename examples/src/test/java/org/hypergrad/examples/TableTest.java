package org.hypergrad.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

class TableTest {
  @Test
  void writesNumbersAsPeopleDo() {
    assertEquals("0.50", Table.number(0.5, 2));
    assertEquals("-0.01", Table.number(-0.006, 2));
    assertEquals("0.00", Table.number(-0.004, 2));
    assertEquals("0", Table.number(-0.4, 0));
    assertEquals("", Table.number(Double.NaN, 2));
    assertEquals("0.05", Table.plain(0.05));
    assertEquals("100", Table.plain(100));
    assertEquals("1.0E-6", Table.plain(1e-6));
  }

  @Test
  void alignsColumns() {
    Table table = new Table("a", "long name").row("value", 1);
    assertEquals(
        "| a     | long name |\n|-------|-----------|\n| value | 1         |\n", table.toString());
    assertThrows(IllegalArgumentException.class, () -> table.row("one alone"));
  }
}
