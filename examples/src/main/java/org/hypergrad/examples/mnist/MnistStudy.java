package org.hypergrad.examples.mnist;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.hypergrad.examples.experiment.Images;
import org.hypergrad.examples.experiment.Plan;
import org.hypergrad.examples.experiment.Run;
import org.hypergrad.examples.sweep.Cell;
import org.hypergrad.examples.sweep.Grid;
import org.hypergrad.examples.sweep.Study;

/** The network of 784-100-100-100-10 units, to sweep. */
final class MnistStudy implements Study {
  private static final Settings SETTINGS = new Settings(0.005, 0.9, 0, 0.1, 1e-6);
  private static final int BATCH = 128;
  private static final int EVALUATION_BATCH = 1000;

  @Override
  public String name() {
    return "mnist";
  }

  @Override
  public List<String> methods() {
    return Arrays.stream(Method.values())
        .filter(m -> m != Method.MOMENTUM_BEST)
        .map(Method::toString)
        .toList();
  }

  private static Method method(String name) {
    return Method.valueOf(name.toUpperCase(Locale.ROOT).replace('-', '_'));
  }

  @Override
  public Set<String> parameters(String method) {
    return switch (method(method)) {
      case ADAM -> Set.of("lr");
      case MOMENTUM, MOMENTUM_BEST -> Set.of("lr", "momentum");
      case FOP, FOP_DIRECTION -> Set.of("lr", "momentum", "rank", "sigma", "m-rate");
      case FOP_FROZEN -> Set.of("lr", "momentum", "rank", "sigma");
    };
  }

  @Override
  public Optional<String> base(String method) {
    return switch (method(method)) {
      case MOMENTUM, MOMENTUM_BEST, ADAM -> Optional.empty();
      case FOP, FOP_DIRECTION, FOP_FROZEN -> Optional.of(Method.MOMENTUM.toString());
    };
  }

  @Override
  public Grid grid() {
    return Grid.parse("lr=0.001,0.003,0.01,0.03,0.1,momentum=0,0.5,0.9");
  }

  @Override
  public Plan plan() {
    return new Plan(Figure.METHODS.epochs(), Long.MAX_VALUE, BATCH, EVALUATION_BATCH);
  }

  @Override
  public Run run(Cell cell, Plan plan, Images images) {
    Settings settings = settings(cell.values());
    return Run.of(
            cell.name(),
            Network::of,
            method(cell.method()).rule(settings, cell.seed()),
            cell.seed(),
            plan,
            images)
        .options(settings.texts());
  }

  private static Settings settings(Map<String, Double> values) {
    return new Settings(
        values.getOrDefault("lr", SETTINGS.rate()),
        values.getOrDefault("momentum", SETTINGS.momentum()),
        (int) Math.round(values.getOrDefault("rank", (double) SETTINGS.rank())),
        values.getOrDefault("sigma", SETTINGS.deviation()),
        values.getOrDefault("m-rate", SETTINGS.hyperRate()));
  }
}
