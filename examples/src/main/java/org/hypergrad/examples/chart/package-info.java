/** Pictures of what was measured and learned. */
package org.hypergrad.examples.chart;
