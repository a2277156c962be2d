package org.hypergrad.engine.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.op.Cast;
import org.hypergrad.engine.op.Differentiable;
import org.hypergrad.engine.op.Unary;
import org.hypergrad.engine.op.UnaryKind;
import org.junit.jupiter.api.Test;

/** Every gradient rule against central differences. */
class GradientTest {
  @Test
  void everyRuleAgreesWithCentralDifferences() {
    StringBuilder failures = new StringBuilder();
    Set<Class<?>> checked = new java.util.HashSet<>();
    for (Case row : ConformanceTable.rows()) {
      long elements = row.inputs().stream().mapToLong(i -> i.shape().count()).sum();
      if (row.hasGradient(DType.FLOAT64) && elements <= 260 && !(row.op() instanceof Cast)) {
        String difference = check(row);
        checked.add(row.op().getClass());
        if (difference != null) {
          failures.append(row).append(": ").append(difference).append('\n');
        }
      }
    }
    assertEquals("", failures.toString());
    Set<Class<?>> rules =
        ConformanceTable.rows().stream()
            .map(row -> row.op().getClass())
            .filter(Differentiable.class::isAssignableFrom)
            .filter(type -> type != Cast.class)
            .collect(Collectors.toSet());
    assertEquals(rules, checked);
  }

  private static String check(Case row) {
    boolean[] wanted = new boolean[row.inputs().size()];
    IntStream.range(0, wanted.length).forEach(i -> wanted[i] = row.takesGradient(i));
    List<double[]> values = row.values().stream().map(double[]::clone).toList();
    return new GradCheck(in -> Dispatch.run(row.op(), in)[0], row.inputs(), values, wanted)
        .difference();
  }

  @Test
  void aWrongGradientIsFound() {
    Case row = Case.of(new Unary(UnaryKind.SQUARE, 0, 0), Input.signed(3));
    List<double[]> values = row.values().stream().map(double[]::clone).toList();
    String difference =
        new GradCheck(
                // The detached factor loses half of the gradient of x^2.
                in -> in[0].mul(in[0].detach()),
                row.inputs(),
                values,
                new boolean[] {true})
            .difference();
    assertNotNull(difference, Arrays.toString(values.get(0)));
  }
}
