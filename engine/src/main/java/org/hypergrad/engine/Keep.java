package org.hypergrad.engine;

/**
 * Which of an op's inputs and outputs its gradient rule needs again: the tape keeps these alive.
 *
 * @param inputs one bit per input
 * @param outputs one bit per output
 */
public record Keep(int inputs, int outputs) {
  /** The rule needs shapes alone. */
  public static final Keep NOTHING = new Keep(0, 0);

  /** Keeps these inputs. */
  public static Keep inputs(int... indices) {
    return new Keep(mask(indices), 0);
  }

  /** Keeps these outputs. */
  public static Keep outputs(int... indices) {
    return new Keep(0, mask(indices));
  }

  /** Keeps these outputs too. */
  public Keep andOutputs(int... indices) {
    return new Keep(inputs, outputs | mask(indices));
  }

  private static int mask(int... indices) {
    int mask = 0;
    for (int index : indices) {
      mask |= 1 << index;
    }
    return mask;
  }
}
