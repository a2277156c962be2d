package org.hypergrad.bench.cpu;

/** A line of the table: one piece of work that is timed alone. */
interface Row {
  /** Family and what it is, with a slash between. */
  String name();

  /** The work of one run. */
  Cost cost();

  /** Makes the operands; called with the device and a scope open, and so are the runs. */
  Case open();
}
