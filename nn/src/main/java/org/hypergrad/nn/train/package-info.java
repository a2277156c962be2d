/** The training loop, its metrics and callbacks. */
package org.hypergrad.nn.train;
