package org.hypergrad.examples.experiment;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Sequential;
import org.hypergrad.nn.optim.Rule;

/**
 * One training of a network.
 *
 * @param name of the run and of its file
 * @param network makes it, with its first weights
 * @param rule how it is trained
 * @param seed of weights and order
 * @param plan how long
 * @param options what a run that goes on must have as before, by the name on the command line
 * @param images to train and to test on
 * @param probe looks on
 */
public record Run(
    String name,
    Function<Generator, Sequential> network,
    Rule rule,
    long seed,
    Plan plan,
    Map<String, String> options,
    Images images,
    Probe probe) {
  /** Steps from start to end. */
  long steps() {
    return plan.steps(images.train().size());
  }

  /** What says in a checkpoint which run it is of. */
  Map<String, String> identity() {
    Map<String, String> texts = new TreeMap<>(options);
    texts.put("--batch", String.valueOf(plan.batch()));
    texts.put("images", images.fingerprint());
    return texts;
  }

  /**
   * Checks that a checkpoint is of this run.
   *
   * @throws ArgumentException if it is of one with other options
   */
  void checkSame(Map<String, String> saved, Path file) {
    identity()
        .forEach(
            (key, value) -> {
              if (!value.equals(saved.get(key))) {
                throw new ArgumentException(
                    "resume",
                    file + " is of a run with other " + key,
                    saved.get(key),
                    value,
                    "give the same options, another --out, or no --resume");
              }
            });
  }
}
