package org.hypergrad.nn;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;

/**
 * What a network is made of, and what one call costs: a row for each layer, in the order in which
 * they are applied.
 *
 * @param rows layers: modules without modules inside, or with parameters of their own
 * @param parameters numbers in all parameters, also those of modules that were not applied
 * @param multiplyAdds multiplications, each with its addition, of one call
 */
public record Summary(List<Row> rows, long parameters, long multiplyAdds) {
  /**
   * One application of a layer.
   *
   * @param path full name; empty for the network itself
   * @param layer what it is
   * @param output extents of its output, the batch as given
   * @param parameters numbers in its own parameters; 0 where they have been counted before
   * @param multiplyAdds multiplications, each with its addition, of this application
   */
  public record Row(String path, String layer, Shape output, long parameters, long multiplyAdds) {}

  /**
   * Applies {@code module} once to zeros, in evaluation mode, which changes nothing in it.
   *
   * @param input all extents, the batch included
   * @throws org.hypergrad.engine.error.EngineException if the input does not fit
   */
  public static Summary of(Module module, Shape input) {
    List<Parameter> parameters = module.parameters();
    Device device =
        parameters.isEmpty() ? Device.current() : parameters.getFirst().value().device();
    Rows rows = new Rows(module);
    module.evaluating(
        () -> {
          device.run(() -> Scope.run(() -> applyToZeros(module, input, rows)));
          return null;
        });
    long total = parameters.stream().mapToLong(p -> p.value().count()).sum();
    long work = rows.list.stream().mapToLong(Row::multiplyAdds).sum();
    return new Summary(List.copyOf(rows.list), total, work);
  }

  private static void applyToZeros(Module module, Shape input, Rows rows) {
    Tape.paused(
        () -> {
          Tensor x = Tensor.zeros(input.toArray());
          Module.observe(rows::add, () -> module.apply(x));
          return null;
        });
  }

  /** Gathers the rows. */
  private static final class Rows {
    private final List<Row> list = new ArrayList<>();
    private final Map<Module, String> paths = new IdentityHashMap<>();

    /** Numbers in the parameters right inside a module, by its path, until they are counted. */
    private final Map<String, Long> uncounted = new HashMap<>();

    Rows(Module root) {
      root.modules().forEach((path, m) -> paths.putIfAbsent(m, path));
      for (Parameter p : root.parameters()) {
        String owner = p.name().substring(0, Math.max(0, p.name().lastIndexOf('.')));
        uncounted.merge(owner, p.value().count(), Long::sum);
      }
    }

    void add(Module module, Tensor input, Tensor output) {
      String path = paths.get(module);
      Long parameters = uncounted.remove(path);
      long work = module.multiplyAdds(input.shape(), output.shape());
      if (module.children().isEmpty() || parameters != null || work > 0) {
        list.add(
            new Row(
                path,
                module.toString(),
                output.shape(),
                parameters == null ? 0 : parameters,
                work));
      }
    }
  }

  /** A table with a line for each row and one for the totals. */
  @Override
  public String toString() {
    List<String[]> lines = new ArrayList<>();
    lines.add(new String[] {"name", "layer", "output", "parameters", "multiply-adds"});
    for (Row row : rows) {
      lines.add(
          new String[] {
            row.path,
            row.layer,
            row.output.toString(),
            grouped(row.parameters),
            grouped(row.multiplyAdds)
          });
    }
    lines.add(new String[] {"total", "", "", grouped(parameters), grouped(multiplyAdds)});
    return table(lines);
  }

  private static String grouped(long number) {
    return String.format(Locale.ROOT, "%,d", number);
  }

  /** Words to the left, numbers to the right. */
  private static String table(List<String[]> lines) {
    int[] widths = new int[lines.getFirst().length];
    for (String[] line : lines) {
      for (int i = 0; i < widths.length; i++) {
        widths[i] = Math.max(widths[i], line[i].length());
      }
    }
    String format =
        "%%-%ds  %%-%ds  %%-%ds  %%%ds  %%%ds%%n"
            .formatted(widths[0], widths[1], widths[2], widths[3], widths[4]);
    StringBuilder table = new StringBuilder();
    for (String[] line : lines) {
      table.append(String.format(Locale.ROOT, format, (Object[]) line));
    }
    return table.toString();
  }
}
