/**
 * Grids of runs: every method at every point of a grid of settings with several seeds, shared by as
 * many processes as are started.
 */
package org.hypergrad.examples.sweep;
