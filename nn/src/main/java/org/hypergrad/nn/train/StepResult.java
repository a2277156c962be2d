package org.hypergrad.nn.train;

/**
 * What one step gave.
 *
 * @param epoch from 1
 * @param batch within the epoch, from 1
 * @param batches of an epoch
 * @param step since the start of training, from 1
 * @param examples that it learned from
 * @param loss before the step: the mean over its examples
 */
public record StepResult(
    long epoch, int batch, int batches, long step, long examples, double loss) {}
