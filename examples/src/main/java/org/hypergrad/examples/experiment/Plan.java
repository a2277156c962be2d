package org.hypergrad.examples.experiment;

/**
 * How long a run is.
 *
 * @param epochs passes over the training images
 * @param maxSteps steps after which it ends in any case
 * @param batch images in a step
 * @param microBatch images that are looked at together; a step adds up the gradients of as many
 *     micro-batches as make a batch
 * @param evaluationBatch images that are tested at once
 */
public record Plan(long epochs, long maxSteps, int batch, int microBatch, int evaluationBatch) {
  /** Whole batches at once. */
  public Plan(long epochs, long maxSteps, int batch, int evaluationBatch) {
    this(epochs, maxSteps, batch, batch, evaluationBatch);
  }

  /** Steps of a run on so many images. */
  public long steps(int images) {
    return Math.min(maxSteps, epochs * Math.ceilDiv(images, batch));
  }
}
