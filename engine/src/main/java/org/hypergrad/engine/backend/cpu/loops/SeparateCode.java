package org.hypergrad.engine.backend.cpu.loops;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * Loops that the compiler gives code of their own. Left alone it takes a loop into its callers, and
 * theirs, until one piece of code has so many operations that it inlines no more; the vectors of
 * what comes then are objects, and the loop takes many times as long.
 *
 * <p>The compiler cannot take in what it does not know: the handles are to be kept in fields of
 * objects or in arrays, and not as constants.
 */
public final class SeparateCode {
  private SeparateCode() {}

  /** A static method of the class that looks it up. */
  public static MethodHandle of(
      MethodHandles.Lookup lookup, String method, Class<?> result, Class<?>... parameters) {
    try {
      return lookup.findStatic(
          lookup.lookupClass(), method, MethodType.methodType(result, parameters));
    } catch (ReflectiveOperationException noSuchMethod) {
      throw new IllegalArgumentException(noSuchMethod);
    }
  }

  /** What a handle to a method without checked exceptions threw, to be thrown on. */
  public static RuntimeException failure(Throwable thrown) {
    if (thrown instanceof Error error) {
      throw error;
    }
    return (RuntimeException) thrown;
  }
}
