package org.hypergrad.engine.backend.cpu.loops;

import java.util.concurrent.ConcurrentHashMap;
import org.hypergrad.engine.op.BinaryKind;
import org.hypergrad.engine.op.UnaryKind;

/** Makes the loop of each point-wise function, once. */
public abstract class FloatLoops {
  private final ConcurrentHashMap<Object, FloatLoop> made = new ConcurrentHashMap<>();

  private record Gradient(Object kind, boolean second) {}

  /** The fastest that this JVM offers; which one, and what would help, is logged once. */
  public static FloatLoops best() {
    return Best.LOOPS;
  }

  private static final class Best {
    static final FloatLoops LOOPS = choose();

    private static FloatLoops choose() {
      System.Logger log = System.getLogger("org.hypergrad");
      if ("false".equals(System.getProperty("hypergrad.vector"))) {
        log.log(System.Logger.Level.INFO, "plain loops, as -Dhypergrad.vector=false asks");
        return new PlainLoops();
      }
      if (ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty()) {
        log.log(
            System.Logger.Level.WARNING,
            "plain loops, some times slower: start Java with --add-modules=jdk.incubator.vector");
        return new PlainLoops();
      }
      FloatLoops loops = new VectorLoops();
      log.log(System.Logger.Level.INFO, "{0}", loops);
      return loops;
    }
  }

  /** Whether these are loops of the Vector API. */
  public final boolean areVectors() {
    return this instanceof VectorLoops;
  }

  /** y = f(x; a, b): operands y, x. */
  public final FloatLoop unary(UnaryKind kind) {
    return made.computeIfAbsent(kind, k -> makeUnary(kind));
  }

  /** dx = dy f'(x; a, b): operands dx, dy, and x or y or, where nothing is kept, dy again. */
  public final FloatLoop unaryGradient(UnaryKind kind) {
    return made.computeIfAbsent(new Gradient(kind, false), k -> makeUnaryGradient(kind));
  }

  /** z = f(x, y): operands z, x, y. */
  public final FloatLoop binary(BinaryKind kind) {
    return made.computeIfAbsent(kind, k -> makeBinary(kind));
  }

  /** dz df/dx or dz df/dy: operands result, dz, x, y. */
  public final FloatLoop binaryGradient(BinaryKind kind, boolean second) {
    return made.computeIfAbsent(new Gradient(kind, second), k -> makeBinaryGradient(kind, second));
  }

  abstract FloatLoop makeUnary(UnaryKind kind);

  abstract FloatLoop makeUnaryGradient(UnaryKind kind);

  abstract FloatLoop makeBinary(BinaryKind kind);

  abstract FloatLoop makeBinaryGradient(BinaryKind kind, boolean second);
}
