/** Layers, losses, standard optimizers, data sets and the training loop. */
package org.hypergrad.nn;
