package org.hypergrad.examples.learned;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.hypergrad.engine.Gradients;
import org.hypergrad.examples.experiment.Probe;
import org.hypergrad.fop.Fop;
import org.hypergrad.fop.FopDiagnostics;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.Rule;

/**
 * Takes a {@link Snapshot} of the P of every layer.
 *
 * @param fop whose P they are
 * @param every so many steps, and at the end
 */
public record Snapshots(Fop fop, long every) implements Probe {
  /** Of a rule's P, if it has any. */
  public static Probe of(Rule rule, long every) {
    return rule instanceof Fop fop ? new Snapshots(fop, every) : NONE;
  }

  @Override
  public List<double[]> before(Optimizer optimizer, Gradients gradients) {
    boolean due = optimizer.steps() > 0 && optimizer.steps() % every == 0;
    return due ? look(optimizer, gradients) : List.of();
  }

  /** There is no gradient then to say something about. */
  @Override
  public List<double[]> atTheEnd(Optimizer optimizer) {
    return look(optimizer, Gradients.of(Map.of()));
  }

  private List<double[]> look(Optimizer optimizer, Gradients gradients) {
    Map<String, Parameter> parameters =
        optimizer.parameters().stream()
            .collect(Collectors.toMap(Parameter::name, Function.identity()));
    List<FopDiagnostics.Row> seen = FopDiagnostics.of(fop, optimizer).rows(gradients);
    return IntStream.range(0, seen.size())
        .mapToObj(
            i -> {
              FopDiagnostics.Row row = seen.get(i);
              Parameter parameter = parameters.get(row.parameter());
              double[] p =
                  fop.matrix(parameter, optimizer.state(row.parameter()))
                      .orElseThrow()
                      .matrix()
                      .toDoubles();
              return Snapshot.row(optimizer.steps(), i + 1, row, p);
            })
        .toList();
  }
}
