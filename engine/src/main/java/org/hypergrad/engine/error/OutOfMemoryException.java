package org.hypergrad.engine.error;

/**
 * Memory that could not be had, of the host or of a device, after cached blocks were given back and
 * the allocation was tried again. All sizes are bytes.
 */
public final class OutOfMemoryException extends EngineException {
  private static final long serialVersionUID = 1L;

  private final long requested;
  private final long live;
  private final long cached;
  private final long cap;

  public OutOfMemoryException(
      String op, String memory, long requested, long live, long cached, long cap) {
    super(
        op,
        "out of " + memory + " memory",
        requested + " bytes requested, " + live + " live, " + cached + " cached",
        "live + requested <= cap of " + cap + " bytes, and a system that grants them",
        "use smaller batches, close scopes earlier, or raise the cap");
    this.requested = requested;
    this.live = live;
    this.cached = cached;
    this.cap = cap;
  }

  /** Bytes that were asked for. */
  public long requested() {
    return requested;
  }

  /** Bytes in use by tensors at that moment. */
  public long live() {
    return live;
  }

  /** Bytes still cached by the pool after trimming. */
  public long cached() {
    return cached;
  }

  /** The pool's limit on live and cached bytes together. */
  public long cap() {
    return cap;
  }
}
