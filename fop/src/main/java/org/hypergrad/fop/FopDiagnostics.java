package org.hypergrad.fop;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.fop.Preconditioner.Form;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.State;

/**
 * What FOP is doing to each parameter that has a P, in numbers. It looks at a step before it is
 * taken and changes nothing:
 *
 * <pre>{@code
 * FopDiagnostics diagnostics = FopDiagnostics.of(fop, optimizer);
 * optimizer.beforeStep(gradients -> rows.addAll(diagnostics.rows(gradients)));
 * }</pre>
 *
 * <p>A look costs some passes over the gradients, and products that a step has too. Spectra are
 * worked out on the host, in O(m k^2), and so only where k is small: {@link #spectra}.
 */
public final class FopDiagnostics {
  private final Fop fop;
  private final Optimizer optimizer;
  private final List<Parameter> parameters;
  private final long largest;

  private FopDiagnostics(Fop fop, Optimizer optimizer, long largest) {
    this.fop = fop;
    this.optimizer = optimizer;
    this.largest = largest;
    this.parameters =
        optimizer.parameters().stream()
            .filter(p -> optimizer.rule(p.name()).equals(fop))
            .filter(p -> fop.preconditioner(p).form() != Form.NONE)
            .toList();
    if (parameters.isEmpty()) {
      throw new ArgumentException(
          "fop diagnostics",
          "no preconditioner to look at",
          optimizer.parameters().stream().map(Parameter::name).toList().toString(),
          "parameters to which the optimizer applies this rule, and that have a P",
          "");
    }
  }

  /**
   * Of the parameters of {@code optimizer} whose rule is {@code fop} and that have a P; with
   * spectra of M of up to 128 columns.
   *
   * @throws ArgumentException if there is none
   */
  public static FopDiagnostics of(Fop fop, Optimizer optimizer) {
    return new FopDiagnostics(fop, optimizer, 128);
  }

  /** With spectra of M of up to this many columns. */
  public FopDiagnostics spectra(long columns) {
    return new FopDiagnostics(fop, optimizer, columns);
  }

  /**
   * P of one parameter, and what it does to a gradient g of the loss with its penalty. P is as
   * {@link Fop#matrix} has it. A number that there is none of is NaN: where no gradient came, where
   * one is 0, or where a spectrum would be large.
   *
   * @param step number of the optimizer's step, from 1, that was about to be taken
   * @param parameter its name
   * @param size |P|, the Frobenius norm
   * @param diagonal mean of the diagonal
   * @param offDiagonal mean beside the diagonal
   * @param factor |M|, the Frobenius norm
   * @param smallest smallest singular value of M: where it reaches 0, P has lost a direction
   * @param angle between g and P g, in degrees
   * @param gain |P g| / |g|
   * @param cosine of g and what P multiplied in the last step, as cached: with {@link
   *     Preset#PAPER}, of two gradients in a row. While it is positive P grows, while negative P
   *     shrinks. NaN too where M rests in this step
   * @param skipped gradients passed over so far because they were not finite
   * @param eigenvalues of P, ascending; none where the spectrum would be large
   */
  public record Row(
      long step,
      String parameter,
      double size,
      double diagonal,
      double offDiagonal,
      double factor,
      double smallest,
      double angle,
      double gain,
      double cosine,
      long skipped,
      List<Double> eigenvalues) {
    /** Names of the {@link #cells}. */
    public static final List<String> COLUMNS =
        List.of(
            "step",
            "parameter",
            "norm of P",
            "mean diagonal",
            "mean off diagonal",
            "norm of M",
            "smallest singular value of M",
            "angle of g and P g",
            "gain",
            "cosine of gradients",
            "skipped",
            "eigenvalues of P");

    /** The row for a CSV file: exact numbers, nothing for NaN, spaces between eigenvalues. */
    public List<String> cells() {
      return List.of(
          String.valueOf(step),
          parameter,
          cell(size),
          cell(diagonal),
          cell(offDiagonal),
          cell(factor),
          cell(smallest),
          cell(angle),
          cell(gain),
          cell(cosine),
          String.valueOf(skipped),
          eigenvalues.stream().map(Row::cell).collect(Collectors.joining(" ")));
    }

    private static String cell(double value) {
      return Double.isNaN(value) ? "" : String.valueOf(value);
    }
  }

  /** A row for each parameter with a P, in their order, from the gradients of the next step. */
  public List<Row> rows(Gradients gradients) {
    return parameters.stream()
        .map(
            p ->
                p.value()
                    .device()
                    .call(() -> Tape.paused(() -> Scope.call(() -> row(p, gradients)))))
        .toList();
  }

  private Row row(Parameter p, Gradients gradients) {
    State state = optimizer.state(p.name());
    FopMatrix matrix = fop.matrix(p, state).orElseGet(() -> fop.firstMatrix(p));
    double[] singular =
        matrix.factor().extent(1) <= largest ? matrix.singularValues() : new double[0];
    double[] eigenvalues = singular.length == 0 ? singular : matrix.eigenvalues(singular);
    double angle = Double.NaN;
    double gain = Double.NaN;
    double cosine = Double.NaN;
    if (gradients.has(p.value())) {
      Tensor g = fop.base().penalised(p.value(), gradients.of(p.value()));
      Tensor seen = fop.seen(p, g);
      angle = matrix.angle(seen);
      gain = matrix.gain(seen);
      Tensor u = Composition.previous(state);
      cosine = u == null ? Double.NaN : cosine(g, u);
    }
    return new Row(
        optimizer.steps() + 1,
        p.name(),
        matrix.size(),
        matrix.meanDiagonal(),
        matrix.meanOffDiagonal(),
        matrix.factor().norm().item(),
        singular.length == 0 ? Double.NaN : singular[0],
        angle,
        gain,
        cosine,
        state.counter(Guard.SKIPPED),
        Arrays.stream(eigenvalues).boxed().toList());
  }

  private static double cosine(Tensor a, Tensor b) {
    return a.mul(b).sum().item() / (a.norm().item() * b.norm().item());
  }
}
