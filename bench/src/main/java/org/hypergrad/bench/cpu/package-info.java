/** Benchmarks of the processor's ops, layers and training steps. */
package org.hypergrad.bench.cpu;
