/**
 * Whole networks of the literature. Their images are float32, [N, channels, height, width], of any
 * extents that the windows fit in; what they give are class scores [N, classes], which {@link
 * org.hypergrad.nn.Loss#crossEntropy} takes as they are.
 */
package org.hypergrad.nn.model;
