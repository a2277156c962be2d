package org.hypergrad.engine.op;

/** Functions that turn the elements along some axes into one. */
public enum ReduceKind {
  /** 0 of none. */
  SUM,
  /** NaN of none. */
  MEAN,
  /** NaN if any is; not defined of none. The gradient is shared evenly by ties. */
  MAX,
  /** NaN if any is; not defined of none. The gradient is shared evenly by ties. */
  MIN,
  /** Sum of squared deviations from the mean, over n - correction; computed in two passes. */
  VARIANCE,
  /** log(sum(exp(x))), shifted by the maximum; -infinity of none, and its gradient there is 0. */
  LOG_SUM_EXP,
  /** The Euclidean norm; its gradient at 0 is 0. */
  NORM;

  private final Names names = Names.of(this);

  Names names() {
    return names;
  }
}
