package org.hypergrad.bench.cpu;

/** What a row times, with its operands: each run does the row's work once, in a scope that ends. */
interface Case extends Runnable, AutoCloseable {
  /** Frees the operands. */
  @Override
  void close();
}
