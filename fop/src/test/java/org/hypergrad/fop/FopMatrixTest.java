package org.hypergrad.fop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.stream.StreamSupport;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ShapeException;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.fop.FopMatrix.Form;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FopMatrixTest {
  private static final double TOLERANCE = 1e-10;

  /** A published-formula trajectory; see the fixture's own description. */
  record Trajectory(String name, JsonNode data) {
    @Override
    public String toString() {
      return name;
    }

    double number(String field) {
      return data.get(field).asDouble();
    }

    Form form() {
      return data.get("identity").asBoolean() ? Form.IDENTITY_PLUS_PRODUCT : Form.PRODUCT;
    }

    int steps() {
      return data.get("gradients").size();
    }

    Tensor matrix(String field, int index) {
      JsonNode rows = data.get(field).get(index);
      double[] values =
          StreamSupport.stream(rows.spliterator(), false)
              .flatMap(row -> StreamSupport.stream(row.spliterator(), false))
              .mapToDouble(JsonNode::asDouble)
              .toArray();
      return Tensor.of(values, rows.size(), rows.get(0).size());
    }

    void assertMatrix(String field, int index, Tensor actual) {
      Tensor expected = matrix(field, index);
      assertEquals(expected.shape(), actual.shape());
      assertArrayEquals(expected.toDoubles(), actual.toDoubles(), TOLERANCE, field + " " + index);
    }
  }

  static List<Trajectory> trajectories() throws IOException {
    try (InputStream in = FopMatrixTest.class.getResourceAsStream("fop_sgd.json")) {
      JsonNode cases = new ObjectMapper().readTree(in).get("cases");
      return StreamSupport.stream(cases.spliterator(), false)
          .map(c -> new Trajectory(c.get("name").asText(), c))
          .toList();
    }
  }

  private static void onReference(Runnable body) {
    Device.reference().run(() -> Scope.run(body));
  }

  @ParameterizedTest
  @MethodSource("trajectories")
  void followsTheAlgorithm(Trajectory expected) {
    onReference(
        () -> {
          double eps = expected.number("eps");
          Tensor theta = expected.matrix("theta", 0);
          try (FopMatrix matrix = new FopMatrix(expected.form(), expected.matrix("M", 0))) {
            for (int t = 0; t < expected.steps(); t++) {
              Tensor gradient = expected.matrix("gradients", t);
              Tensor direction = matrix.precondition(gradient);
              expected.assertMatrix("Pg", t, direction);
              theta.assign(theta.sub(direction.mul(eps)));
              expected.assertMatrix("theta", t + 1, theta);
              if (t > 0) {
                Tensor previous = expected.matrix("gradients", t - 1);
                Tensor h = matrix.hypergradient(gradient, previous, eps);
                expected.assertMatrix("H", t - 1, h);
                matrix.descend(h, expected.number("rho"));
              }
              expected.assertMatrix("M", t + 1, matrix.factor());
            }
          }
        });
  }

  /** The tape differentiates the step itself: L(theta - eps P g) by M, for L = sum(x^4) / 4. */
  @ParameterizedTest
  @MethodSource("trajectories")
  void hypergradientIsTheDerivativeOfTheStep(Trajectory start) {
    onReference(
        () -> {
          double eps = start.number("eps");
          Tensor theta = start.matrix("theta", 0);
          Tensor previous = start.matrix("gradients", 0);
          Tensor factor = start.matrix("M", 0).requireGradient();
          try (FopMatrix matrix = new FopMatrix(start.form(), factor)) {
            Tensor[] derived =
                Tape.record(
                    tape -> {
                      Tensor next = theta.sub(matrix.precondition(previous).mul(eps));
                      Tensor byFactor = tape.backward(next.pow(4).sum().mul(0.25)).of(factor);
                      return new Tensor[] {byFactor, next.detach().pow(3)};
                    });
            Tensor h = matrix.hypergradient(derived[1], previous, eps);
            double[] exact = derived[0].toDoubles();
            double[] actual = h.toDoubles();
            for (int i = 0; i < exact.length; i++) {
              assertEquals(exact[i], actual[i], TOLERANCE * (1 + Math.abs(exact[i])));
            }
          }
        });
  }

  @Test
  void identityLeavesTheGradientAlone() {
    onReference(
        () -> {
          Tensor gradient = Tensor.of(new float[] {1, -2, 3, 4, 5, -6}, 3, 2);
          try (FopMatrix matrix = FopMatrix.identity(3)) {
            assertArrayEquals(gradient.toFloats(), matrix.precondition(gradient).toFloats());
          }
        });
  }

  @Test
  void lowRankStartsAtItsDeviation() {
    onReference(
        () -> {
          try (FopMatrix matrix = FopMatrix.lowRank(new Generator(3), 0.1, 400, 50)) {
            // Five standard deviations of the mean of 20,000 squares.
            assertEquals(0.01, matrix.factor().square().mean().item(), 0.0005);
            assertEquals(Form.IDENTITY_PLUS_PRODUCT, matrix.form());
          }
        });
  }

  @Test
  void refusesAVector() {
    onReference(
        () -> {
          Tensor vector = Tensor.zeros(4);
          ShapeException refusal =
              assertThrows(ShapeException.class, () -> new FopMatrix(Form.PRODUCT, vector));
          assertEquals("float32[4]", refusal.got());
        });
  }
}
