package org.hypergrad.engine.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.op.Op;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class ConformanceTest {
  @Test
  void everyOpHasARow() {
    Set<String> wanted = new TreeSet<>();
    collect(Op.class, wanted);
    Set<String> rows =
        ConformanceTable.rows().stream()
            .map(row -> row.op().getClass().getName())
            .collect(Collectors.toSet());
    wanted.removeAll(rows);
    assertEquals(Set.of(), wanted, "ops without a row in the conformance table");
  }

  private static void collect(Class<?> type, Set<String> records) {
    if (type.isRecord()) {
      records.add(type.getName());
    } else {
      Arrays.stream(type.getPermittedSubclasses()).forEach(sub -> collect(sub, records));
    }
  }

  @ParameterizedTest
  @EnumSource
  void cpuAgreesWithTheReference(Layout layout) {
    Agreement.ofAllRows(Device.cpu(), layout);
  }

  @ParameterizedTest
  @EnumSource
  void referenceInFloatAgreesWithItselfInDouble(Layout layout) {
    Agreement.ofAllRows(Device.reference(), layout);
  }

  static Stream<Double> specialValues() {
    return Stream.of(Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY);
  }

  @ParameterizedTest
  @MethodSource("specialValues")
  void nanAndInfinityInGiveTheSameOut(double special) {
    Agreement.withPlanted(Device.cpu(), special, _ -> Agreement.Specials.EXACT);
  }

  @Test
  void someRowsAreEmptyAndSomeHaveOneElement() {
    assertTrue(ConformanceTable.rows().size() > 400);
    assertTrue(ConformanceTable.rows().stream().anyMatch(r -> counts(r).contains(0L)));
    assertTrue(ConformanceTable.rows().stream().anyMatch(r -> counts(r).contains(1L)));
  }

  private static List<Long> counts(Case row) {
    return row.inputs().stream().map(i -> i.shape().count()).toList();
  }
}
