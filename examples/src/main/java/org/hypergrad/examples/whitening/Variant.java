package org.hypergrad.examples.whitening;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.hypergrad.fop.Fop;
import org.hypergrad.fop.Preset;
import org.hypergrad.nn.optim.Adam;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.Sgd;

/**
 * A rule that is tried: momentum alone, or with FOP.
 *
 * @param rate learning rate
 * @param momentum of the velocity
 * @param preset of FOP, if it is there
 * @param hyperRate learning rate of M, by Adam
 */
record Variant(double rate, double momentum, Optional<Preset> preset, double hyperRate) {
  /** For each momentum the base alone and each preset. */
  static List<Variant> all(
      double rate, List<Double> momenta, List<Preset> presets, double hyperRate) {
    List<Variant> all = new ArrayList<>();
    for (double momentum : momenta) {
      all.add(new Variant(rate, momentum, Optional.empty(), hyperRate));
      presets.forEach(
          preset -> all.add(new Variant(rate, momentum, Optional.of(preset), hyperRate)));
    }
    return all;
  }

  Rule rule() {
    Sgd base = new Sgd(rate).momentum(momentum);
    return preset.<Rule>map(p -> Fop.over(base).preset(p).hyper(new Adam(hyperRate))).orElse(base);
  }

  /** The name of the preset, or base. */
  String method() {
    return preset.map(p -> p.name().toLowerCase(Locale.ROOT)).orElse("base");
  }

  /** By the names on the command line. */
  Map<String, String> texts() {
    return Map.of(
        "--lr", String.valueOf(rate),
        "--momentum", String.valueOf(momentum),
        "--preset", method(),
        "--m-rate", String.valueOf(hyperRate));
  }

  @Override
  public String toString() {
    return "momentum " + momentum + ", " + method();
  }
}
