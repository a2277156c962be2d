/** Weights and training state in files. */
package org.hypergrad.nn.save;
