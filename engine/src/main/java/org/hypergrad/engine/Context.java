package org.hypergrad.engine;

/**
 * What is in force on a thread: the innermost device, tape, scope and profile, and the turn of a
 * graph, null where there is none. Whoever sets a field for the time of a body sets it back in a
 * {@code finally}.
 *
 * <p>One object for each thread, as each op asks for all of it. Scoped values would say the same,
 * but each binding makes the next look-up of all of them a search, several times an op.
 */
final class Context {
  private static final ThreadLocal<Context> CURRENT = ThreadLocal.withInitial(Context::new);

  Device device;
  Tape tape;
  Scope scope;
  Profile profile;

  /** What captures the ops of this thread. */
  Graph.Turn<?> turn;

  private Context() {}

  /** That of this thread. */
  static Context current() {
    return CURRENT.get();
  }
}
