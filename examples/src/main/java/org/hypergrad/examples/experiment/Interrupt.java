package org.hypergrad.examples.experiment;

import java.io.PrintWriter;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.List;

/**
 * Hears Ctrl-C and its like without obeying at once: who trains asks now and then, saves, and ends.
 * The second time the process ends as it always would.
 *
 * <p>It is by a signal and not by a shutdown hook, for hooks run side by side, and the one that
 * gives a GPU back must not run while a step is taken. {@code sun.misc.Signal} has no successor in
 * Java's API; it is reached by reflection, for the compiler cannot be told to accept it. Where it
 * is missing, signals end the process at once.
 */
final class Interrupt implements AutoCloseable {
  /** What begins the exit code of a process that a signal ended, in shells. */
  private static final int EXIT_CODE = 128;

  private static final List<String> SIGNALS = List.of("INT", "TERM", "HUP");

  private final PrintWriter out;
  private final List<Runnable> restore = new ArrayList<>();
  private volatile int signal;

  private Interrupt(PrintWriter out) {
    this.out = out;
  }

  /** Listens until it is closed. */
  static Interrupt listen(PrintWriter out) {
    Interrupt interrupt = new Interrupt(out);
    synchronized (interrupt.restore) {
      interrupt.install();
    }
    return interrupt;
  }

  private void install() {
    try {
      Class<?> type = Class.forName("sun.misc.Signal");
      Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      MethodHandle of =
          lookup.findConstructor(type, MethodType.methodType(void.class, String.class));
      MethodHandle handle =
          lookup.findStatic(type, "handle", MethodType.methodType(handlerType, type, handlerType));
      MethodHandle number = lookup.findVirtual(type, "getNumber", MethodType.methodType(int.class));
      MethodHandle heard = lookup.bind(this, "heard", MethodType.methodType(void.class, int.class));
      Object handler =
          MethodHandleProxies.asInterfaceInstance(
              handlerType, MethodHandles.filterArguments(heard, 0, number));
      for (String name : SIGNALS) {
        Object signal = of.invoke(name);
        Object before = handle.invoke(signal, handler);
        restore.add(() -> invoke(handle, signal, before));
      }
    } catch (Throwable missing) {
      System.getLogger(Interrupt.class.getName())
          .log(System.Logger.Level.DEBUG, "signals are not heard", missing);
    }
  }

  private static void invoke(MethodHandle handle, Object signal, Object handler) {
    try {
      handle.invoke(signal, handler);
    } catch (Throwable impossible) {
      throw new AssertionError("it could be set before", impossible);
    }
  }

  private void heard(int number) {
    signal = number;
    close();
    out.println("stopping after this step; once more to stop at once");
  }

  /** Whether to end. */
  boolean isRequested() {
    return signal != 0;
  }

  /**
   * Ends the program.
   *
   * @param state how what ends was left, such as {@code fop-seed1 is saved at step 12}
   */
  InterruptedRunException end(String state) {
    return new InterruptedRunException(state, EXIT_CODE + signal);
  }

  /** Signals do again what they did before. */
  @Override
  public void close() {
    synchronized (restore) {
      restore.forEach(Runnable::run);
      restore.clear();
    }
  }
}
