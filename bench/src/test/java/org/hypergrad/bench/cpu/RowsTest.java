package org.hypergrad.bench.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.hypergrad.engine.op.Custom;
import org.hypergrad.engine.op.Descend;
import org.hypergrad.engine.op.Op;
import org.hypergrad.engine.op.PreconditionedDescend;
import org.hypergrad.engine.op.ViewOp;
import org.junit.jupiter.api.Test;

class RowsTest {
  /** Views move nothing, custom ops are of others, and updates go through an optimizer. */
  private static final Set<Class<?>> WITHOUT_ROW =
      Set.of(ViewOp.class, Custom.class, Descend.class, PreconditionedDescend.class);

  @Test
  void everyOpHasARow() {
    Set<Class<?>> timed =
        Rows.all().stream()
            .filter(OpRow.class::isInstance)
            .map(row -> ((OpRow) row).op().getClass())
            .collect(Collectors.toSet());
    Set<String> missing = new TreeSet<>();
    missing(Op.class, timed, missing);
    assertEquals(Set.of(), missing);
  }

  private static void missing(Class<?> type, Set<Class<?>> timed, Set<String> missing) {
    if (WITHOUT_ROW.contains(type)) {
      return;
    }
    if (type.isSealed()) {
      for (Class<?> variant : type.getPermittedSubclasses()) {
        missing(variant, timed, missing);
      }
    } else if (!timed.contains(type)) {
      missing.add(type.getName());
    }
  }

  @Test
  void operandsFitTheirOps() {
    for (Row row : Rows.all()) {
      if (row instanceof OpRow) {
        assertTrue(row.cost().amount() > 0, row.name());
      }
    }
  }

  @Test
  void namesAreUnique() {
    List<String> names = Rows.all().stream().map(Row::name).toList();
    assertEquals(names.size(), new HashSet<>(names).size());
    assertTrue(names.stream().noneMatch(Ceilings::contains));
  }

  @Test
  void quickRowsAreAmongAllAndOfAllFamilies() {
    assertEquals(Rows.QUICK.size(), Rows.quick().size());
    assertEquals(families(Rows.all()), families(Rows.quick()));
  }

  private static Set<String> families(List<Row> rows) {
    return rows.stream()
        .map(row -> row.name().substring(0, row.name().indexOf('/')))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  @Test
  void findsRowsAndCeilingsByName() {
    assertEquals("random/uniform, 1 M", Rows.named("random/uniform, 1 M").name());
    assertEquals(Ceilings.COPY, Rows.named(Ceilings.COPY).name());
    assertThrows(IllegalArgumentException.class, () -> Rows.named("random/uniform"));
  }
}
