package org.hypergrad.fop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.fop.FopDiagnostics.Row;
import org.hypergrad.fop.Preconditioner.Form;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.Selector;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.Sgd;
import org.junit.jupiter.api.Test;

/** Diagnostics against numbers worked out by hand, and against P written out. */
class DiagnosticsTest {
  private static final Trial EXACT = Trial.EXACT;
  private static final double[] START = {1, 2, 3, 4};
  private static final Fop FOP =
      Fop.over(new Sgd(0.1)).hyper(new Sgd(1e-3)).where(Selector.all(), Preconditioner.product());

  private static void with(Fop fop, BiConsumer<Parameter, Optimizer> body) {
    EXACT.run(
        () -> {
          try (Parameter p = EXACT.parameter("w", Role.DENSE_WEIGHT, START, 2, 2);
              Optimizer optimizer = Optimizer.of(fop, List.of(p))) {
            body.accept(p, optimizer);
          }
        });
  }

  private static Gradients gradients(Parameter p, double... values) {
    return Gradients.of(Map.of(p.value(), EXACT.tensor(values, 2, 2)));
  }

  /** M = [[3, 0], [4, 5]]: M M^T = [[9, 12], [12, 41]] of trace 50 and determinant 225. */
  @Test
  void looksAtAStepBeforeItIsTaken() {
    with(
        FOP,
        (p, optimizer) -> {
          List<Row> rows = new ArrayList<>();
          FopDiagnostics diagnostics = FopDiagnostics.of(FOP, optimizer);
          optimizer.beforeStep(g -> rows.addAll(diagnostics.rows(g)));
          optimizer.state("w").put("M", EXACT.tensor(new double[] {3, 0, 4, 5}, 2, 2));
          optimizer.step(gradients(p, 1, 0, 0, 0));
          double[] m = optimizer.state("w").get("M").toDoubles();
          assertArrayEquals(new double[] {3, 0, 4, 5}, m, "not changed by a look");
          optimizer.step(gradients(p, 1, 1, 0, 1));
          assertEquals(2, rows.size());
          Row first = rows.getFirst();
          assertEquals(1, first.step());
          assertEquals("w", first.parameter());
          assertEquals(Math.sqrt(81 + 144 + 144 + 1681), first.size(), 1e-12);
          assertEquals(25, first.diagonal(), 1e-12);
          assertEquals(12, first.offDiagonal(), 1e-12);
          assertEquals(Math.sqrt(50), first.factor(), 1e-12);
          assertEquals(Math.sqrt(5), first.smallest(), 1e-12);
          assertEquals(5, first.eigenvalues().get(0), 1e-12);
          assertEquals(45, first.eigenvalues().get(1), 1e-12);
          assertEquals(Math.toDegrees(Math.atan2(12, 9)), first.angle(), 1e-10);
          assertEquals(15, first.gain(), 1e-12);
          assertTrue(Double.isNaN(first.cosine()));
          assertEquals(0, first.skipped());
          Row second = rows.getLast();
          assertEquals(2, second.step());
          assertEquals(1 / Math.sqrt(3), second.cosine(), 1e-12);
          assertEquals(25, second.diagonal(), 1e-12);
        });
  }

  @Test
  void countsSkippedGradientsAndKnowsAbsentOnes() {
    with(
        FOP,
        (p, optimizer) -> {
          FopDiagnostics diagnostics = FopDiagnostics.of(FOP, optimizer);
          optimizer.step(gradients(p, 1, 0, 0, 0));
          optimizer.step(gradients(p, Double.NaN, 0, 0, 0));
          optimizer.step(gradients(p, 0, 0, Double.NaN, 0));
          Row row = diagnostics.rows(Gradients.of(Map.of())).getFirst();
          assertEquals(2, row.skipped());
          assertEquals(4, row.step());
          assertTrue(Double.isNaN(row.angle()) && Double.isNaN(row.gain()));
          assertTrue(Double.isNaN(row.cosine()));
          assertEquals(1, row.diagonal());
          assertTrue(Double.isNaN(diagnostics.rows(gradients(p, 1, 1, 1, 1)).getFirst().cosine()));
        });
  }

  /** The penalty's part of g counts. */
  @Test
  void gradientsAreOfTheLossWithItsPenalty() {
    Fop fop = Fop.over(new Sgd(0.1).weightDecay(1)).where(Selector.all(), Preconditioner.product());
    with(
        fop,
        (p, optimizer) -> {
          optimizer.step(gradients(p, 0, 0, 0, 0));
          Row row = FopDiagnostics.of(fop, optimizer).rows(gradients(p, 0, 0, 0, 0)).getFirst();
          assertEquals(1, row.cosine(), 1e-12);
          assertEquals(1, row.gain(), 1e-12);
        });
  }

  @Test
  void rowsAreCells() {
    with(
        FOP,
        (p, optimizer) -> {
          FopDiagnostics diagnostics = FopDiagnostics.of(FOP, optimizer);
          Row row = diagnostics.rows(gradients(p, 1, 0, 0, 0)).getFirst();
          List<String> cells = row.cells();
          assertEquals(Row.COLUMNS.size(), cells.size());
          assertEquals(
              List.of(
                  "1",
                  "w",
                  String.valueOf(Math.sqrt(2)),
                  "1.0",
                  "0.0",
                  String.valueOf(Math.sqrt(2)),
                  "1.0",
                  "0.0",
                  "1.0",
                  "",
                  "0",
                  "1.0 1.0"),
              cells);
          Row large = diagnostics.spectra(1).rows(gradients(p, 1, 0, 0, 0)).getFirst();
          assertEquals("", large.cells().getLast());
          assertTrue(Double.isNaN(large.smallest()));
          assertEquals(1, large.diagonal());
        });
  }

  @Test
  void onlyWhatHasAPIsThere() {
    EXACT.run(
        () -> {
          Fop other = FOP.seed(2);
          try (Parameter w = EXACT.parameter("w", Role.DENSE_WEIGHT, START, 2, 2);
              Parameter v = EXACT.parameter("v", Role.DENSE_WEIGHT, START, 2, 2);
              Parameter b = EXACT.parameter("b", Role.BIAS, START, 4);
              Optimizer optimizer =
                  Optimizer.of(
                      List.of(
                          new Optimizer.Group(Selector.name("v"), other),
                          new Optimizer.Group(
                              Selector.role(Role.BIAS),
                              FOP.where(Selector.all(), Preconditioner.none())),
                          new Optimizer.Group(Selector.all(), FOP)),
                      List.of(w, v, b))) {
            List<Row> rows = FopDiagnostics.of(FOP, optimizer).rows(Gradients.of(Map.of()));
            assertEquals(List.of("w"), rows.stream().map(Row::parameter).toList());
            assertThrows(ArgumentException.class, () -> FopDiagnostics.of(FOP.seed(3), optimizer));
            Fop none = Fop.over(new Sgd(0.1)).where(Selector.all(), Preconditioner.none());
            try (Optimizer base = Optimizer.of(none, List.of(w))) {
              assertThrows(ArgumentException.class, () -> FopDiagnostics.of(none, base));
            }
          }
        });
  }

  /** Every form and norm: what is worked out from M agrees with P written out. */
  @Test
  void agreesWithPWrittenOut() {
    EXACT.run(
        () -> {
          for (Form form : new Form[] {Form.PRODUCT, Form.IDENTITY_PLUS_PRODUCT}) {
            for (Norm norm : Norm.values()) {
              Tensor m = EXACT.tensor(new double[] {0.5, 1, -2, 0.3, 0.1, 0.7}, 3, 2);
              FopMatrix matrix = new FopMatrix(form, m, norm);
              double[] p = matrix.matrix().toDoubles();
              double squares = 0;
              double all = 0;
              for (double entry : p) {
                squares += entry * entry;
                all += entry;
              }
              double trace = p[0] + p[4] + p[8];
              assertEquals(Math.sqrt(squares), matrix.size(), 1e-12);
              assertEquals(trace / 3, matrix.meanDiagonal(), 1e-12);
              assertEquals((all - trace) / 6, matrix.meanOffDiagonal(), 1e-12);
              double[] eigenvalues = matrix.eigenvalues();
              assertEquals(3, eigenvalues.length);
              double sum = 0;
              double power = 0;
              for (double value : eigenvalues) {
                sum += value;
                power += value * value;
                assertEquals(0, characteristic(p, value), 1e-10);
              }
              assertEquals(trace, sum, 1e-12);
              assertEquals(squares, power, 1e-11);
              assertTrue(eigenvalues[0] <= eigenvalues[1] && eigenvalues[1] <= eigenvalues[2]);
            }
          }
        });
  }

  /** det(P - x I) of 3 x 3. */
  private static double characteristic(double[] p, double x) {
    double a = p[0] - x;
    double e = p[4] - x;
    double i = p[8] - x;
    return a * (e * i - p[5] * p[7])
        - p[1] * (p[3] * i - p[5] * p[6])
        + p[2] * (p[3] * p[7] - e * p[6]);
  }
}
