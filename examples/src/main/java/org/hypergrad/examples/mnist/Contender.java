package org.hypergrad.examples.mnist;

import java.util.ArrayList;
import java.util.List;
import org.hypergrad.nn.optim.Rule;

/**
 * A method with its settings, as one row of a comparison.
 *
 * @param name of its own among those compared
 */
record Contender(String name, Method method, Settings settings) {
  /** By the method's name. */
  static Contender of(Method method, Settings settings) {
    return new Contender(method.toString(), method, settings);
  }

  /** Those of Figure A.2: momentum, FOP of several ranks, and two controls. */
  static List<Contender> ofRanks(List<Integer> ranks, Settings settings) {
    Settings full = settings.withRank(0);
    List<Contender> all = new ArrayList<>();
    all.add(of(Method.MOMENTUM, full));
    for (int rank : ranks) {
      String name = rank == 0 ? "fop-full" : "fop-rank-" + rank;
      all.add(new Contender(name, Method.FOP, settings.withRank(rank)));
    }
    all.add(of(Method.FOP_FROZEN, full));
    all.add(of(Method.MOMENTUM_BEST, full));
    return List.copyOf(all);
  }

  Contender withRate(double rate) {
    return new Contender(name, method, settings.withRate(rate));
  }

  Rule rule(long seed) {
    return method.rule(settings, seed);
  }
}
