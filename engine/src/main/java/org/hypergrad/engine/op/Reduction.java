package org.hypergrad.engine.op;

/** How the losses of single examples become the result of a loss function. */
public enum Reduction {
  /** One loss per example. */
  NONE,
  /** Their sum. */
  SUM,
  /** Their mean; with class weights, the weighted mean. NaN of no example, as in PyTorch. */
  MEAN
}
