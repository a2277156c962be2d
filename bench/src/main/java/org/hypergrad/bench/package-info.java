/** Benchmarks; {@code bench/run} starts them. */
package org.hypergrad.bench;
