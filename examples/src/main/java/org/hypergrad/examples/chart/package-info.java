/** Pictures of results: curves, matrices, distributions and paths, as PNG files. */
package org.hypergrad.examples.chart;
