package org.hypergrad.examples.experiment;

/**
 * How long a run is.
 *
 * @param epochs passes over the training images
 * @param maxSteps steps after which it ends in any case
 * @param batch images in a step
 * @param evaluationBatch images that are tested at once
 */
public record Plan(long epochs, long maxSteps, int batch, int evaluationBatch) {
  /** Steps of a run on so many images. */
  public long steps(int images) {
    return Math.min(maxSteps, epochs * Math.ceilDiv(images, batch));
  }
}
