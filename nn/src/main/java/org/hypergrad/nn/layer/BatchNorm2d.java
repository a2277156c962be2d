package org.hypergrad.nn.layer;

/** {@link BatchNorm} of x [N, C, H, W]. */
public final class BatchNorm2d extends BatchNorm {
  /**
   * With the usual epsilon 1e-5 and momentum 0.1.
   *
   * @throws org.hypergrad.engine.error.ArgumentException if there is no channel
   */
  public BatchNorm2d(long channels) {
    this(builder(channels));
  }

  private BatchNorm2d(Builder<BatchNorm2d> b) {
    super(b);
  }

  /** Begins a layer with options. */
  public static Builder<BatchNorm2d> builder(long channels) {
    return new Builder<>(channels, BatchNorm2d::new);
  }

  @Override
  boolean fits(int rank) {
    return rank == 4;
  }

  @Override
  String inputs() {
    return "x [N, C, H, W]";
  }
}
