package org.hypergrad.examples.cifar10;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.hypergrad.examples.comparison.Contender;
import org.hypergrad.examples.comparison.Method;
import org.hypergrad.examples.experiment.Images;
import org.hypergrad.examples.experiment.Plan;
import org.hypergrad.examples.experiment.Probe;
import org.hypergrad.examples.experiment.Run;
import org.hypergrad.examples.sweep.Cell;
import org.hypergrad.examples.sweep.Grid;
import org.hypergrad.examples.sweep.Study;

/** All-CNN-C, to sweep. */
final class Cifar10Study implements Study {
  @Override
  public String name() {
    return "cifar10";
  }

  @Override
  public List<String> methods() {
    return Arrays.stream(Method.values()).map(Method::toString).toList();
  }

  private static Method method(String name) {
    return Arrays.stream(Method.values())
        .filter(m -> m.toString().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Override
  public Set<String> parameters(String method) {
    return switch (method(method)) {
      case ADAM -> Set.of("lr", "weight-decay", "lower-after");
      case ADAM_FOP -> Set.of("lr", "weight-decay", "lower-after", "m-rate");
      case MOMENTUM -> Set.of("lr", "weight-decay", "lower-after", "momentum");
      case S_HD, PP_HD, FOP_NORM, FOP, FOP_DIRECTION ->
          Set.of("lr", "weight-decay", "lower-after", "momentum", "m-rate");
    };
  }

  @Override
  public Optional<String> base(String method) {
    Method own = method(method);
    return own.base() == own ? Optional.empty() : Optional.of(own.base().toString());
  }

  @Override
  public Grid grid() {
    return Grid.parse("lr=0.005,0.01,0.02,0.05,0.1,momentum=0,0.5,0.9");
  }

  @Override
  public Plan plan() {
    return new Plan(Settings.EPOCHS, Long.MAX_VALUE, Settings.BATCH, Settings.EVALUATION_BATCH);
  }

  @Override
  public Run run(Cell cell, Plan plan, Images images) {
    Method method = method(cell.method());
    return new Contender(method, settings(method, cell.values()))
        .run(cell.name(), cell.seed(), plan, images, Probe.NONE);
  }

  private static Settings settings(Method method, Map<String, Double> values) {
    Settings own = Settings.of(method);
    return new Settings(
        values.getOrDefault("lr", own.rate()),
        values.getOrDefault("momentum", own.momentum()),
        values.getOrDefault("m-rate", own.hyperRate()),
        values.getOrDefault("weight-decay", own.weightDecay()),
        Math.round(values.getOrDefault("lower-after", (double) own.lowerAfter())),
        own.dropout(),
        own.batchNorm());
  }
}
