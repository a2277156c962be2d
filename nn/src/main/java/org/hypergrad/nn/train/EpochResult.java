package org.hypergrad.nn.train;

/**
 * What one pass over the training data gave.
 *
 * @param epoch from 1
 * @param step steps taken since the start of training
 * @param trainLoss mean of the losses of the epoch's batches, weighted by size, each taken before
 *     its step
 * @param validation on other data, or null if there were none
 * @param seconds spent in training, without validation
 */
public record EpochResult(
    long epoch, long step, double trainLoss, Evaluation validation, double seconds) {}
