package org.hypergrad.nn.layer;

/** {@link BatchNorm} of x [N, C] or [N, C, L]. */
public final class BatchNorm1d extends BatchNorm {
  /**
   * With the usual epsilon 1e-5 and momentum 0.1.
   *
   * @throws org.hypergrad.engine.error.ArgumentException if there is no channel
   */
  public BatchNorm1d(long channels) {
    this(builder(channels));
  }

  private BatchNorm1d(Builder<BatchNorm1d> b) {
    super(b);
  }

  /** Begins a layer with options. */
  public static Builder<BatchNorm1d> builder(long channels) {
    return new Builder<>(channels, BatchNorm1d::new);
  }

  @Override
  boolean fits(int rank) {
    return rank == 2 || rank == 3;
  }

  @Override
  String inputs() {
    return "x [N, C] or [N, C, L]";
  }
}
