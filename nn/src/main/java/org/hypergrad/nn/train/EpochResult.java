package org.hypergrad.nn.train;

/**
 * What one pass over the training data gave.
 *
 * @param epoch from 1
 * @param complete whether it was not ended early
 * @param step steps taken since the start of training
 * @param trainLoss mean of the losses of the epoch's batches, weighted by size, each taken before
 *     its step
 * @param validation on other data, or null if there were none
 * @param seconds spent in the steps of the epoch, waiting for data included, without validation and
 *     callbacks
 */
public record EpochResult(
    long epoch,
    boolean complete,
    long step,
    double trainLoss,
    Evaluation validation,
    double seconds) {}
