package org.hypergrad.nn.save;

import java.util.Map;

/**
 * What the caller wants saved beside model and optimizer: where the data are, seeds, best results.
 *
 * @param numbers by name, such as epoch and batch
 * @param texts by name, such as a command line
 */
public record Progress(Map<String, Long> numbers, Map<String, String> texts) {
  public Progress {
    numbers = Map.copyOf(numbers);
    texts = Map.copyOf(texts);
  }

  /** Numbers alone. */
  public static Progress of(Map<String, Long> numbers) {
    return new Progress(numbers, Map.of());
  }
}
