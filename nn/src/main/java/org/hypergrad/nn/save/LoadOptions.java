package org.hypergrad.nn.save;

import java.util.List;
import java.util.stream.Stream;
import org.hypergrad.nn.Selector;

/**
 * What may differ between a file and what is loaded from it.
 *
 * @param ignored patterns of names, as in {@link Selector#pattern}, that are neither compared nor
 *     loaded, whichever side they are on; nor is the optimizer's state of an ignored parameter
 * @param converts whether floating types may differ; values are then rounded
 * @param otherRules whether optimizers may have other rules or hyper-parameters than when saved
 */
public record LoadOptions(List<String> ignored, boolean converts, boolean otherRules) {
  public LoadOptions {
    ignored = List.copyOf(ignored);
  }

  /** Nothing may differ. */
  public static LoadOptions strict() {
    return new LoadOptions(List.of(), false, false);
  }

  /**
   * Leaves out these names too, such as {@code *.num_batches_tracked}, which PyTorch saves with
   * batch norms.
   */
  public LoadOptions ignoring(String... patterns) {
    List<String> all = Stream.concat(ignored.stream(), Stream.of(patterns)).toList();
    return new LoadOptions(all, converts, otherRules);
  }

  /** Lets floating types differ. */
  public LoadOptions converting() {
    return new LoadOptions(ignored, true, otherRules);
  }

  /**
   * Lets rules and hyper-parameters differ. State of a rule of the same kind is restored as it is,
   * for the next step to refuse if it does not fit, as after a change of rank; a rule of another
   * kind starts afresh.
   */
  public LoadOptions allowingOtherRules() {
    return new LoadOptions(ignored, converts, true);
  }

  boolean ignores(String name) {
    return ignored.stream().map(Selector::pattern).anyMatch(fits -> fits.test(name));
  }
}
