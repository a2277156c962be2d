package org.hypergrad.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.constantpool.MethodRefEntry;
import java.lang.classfile.constantpool.PoolEntry;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import jcuda.jcublas.JCublas2;
import jcuda.jcudnn.JCudnn;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * JCuda's classes and natives are of different releases, and natives are found when they are first
 * called: each function that the classes here name is called, with nothing.
 */
@Simulated
class NativeMethodsTest {
  private static final Path CLASSES = Path.of("target/classes");

  @ParameterizedTest
  @ValueSource(classes = {JCublas2.class, JCudnn.class})
  void everyFunctionThatIsUsedHasItsNative(Class<?> library) throws IOException {
    loadLibraries();
    Set<String> used = used(library);
    assertTrue(used.size() >= 8, used.toString());
    Set<String> missing = new TreeSet<>();
    for (String name : used) {
      for (Method method : library.getMethods()) {
        if (method.getName().equals(name) && !isThere(method)) {
          missing.add(name);
        }
      }
    }
    assertEquals(Set.of(), missing);
  }

  private static void loadLibraries() {
    try (CudaContext context = CudaContext.open(0);
        CudaStream stream = context.newStream()) {
      stream.blas();
      stream.dnn();
    }
  }

  /** Names of the library's functions that classes of this module call. */
  private static Set<String> used(Class<?> library) throws IOException {
    String owner = library.getName().replace('.', '/');
    Set<String> names = new TreeSet<>();
    try (Stream<Path> files = Files.walk(CLASSES)) {
      files.filter(f -> f.toString().endsWith(".class")).forEach(f -> names(f, owner, names));
    }
    return names;
  }

  private static void names(Path file, String owner, Set<String> names) {
    try {
      for (PoolEntry entry : ClassFile.of().parse(file).constantPool()) {
        if (entry instanceof MethodRefEntry call
            && call.owner().asInternalName().equals(owner)
            && call.name().stringValue().startsWith("cu")) {
          names.add(call.name().stringValue());
        }
      }
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  /** Natives refuse null themselves, or pass it on to the library, which does. */
  private static boolean isThere(Method method) {
    Object[] nothing =
        Arrays.stream(method.getParameterTypes()).map(NativeMethodsTest::nothing).toArray();
    try {
      method.invoke(null, nothing);
      return true;
    } catch (InvocationTargetException refused) {
      return !(refused.getCause() instanceof UnsatisfiedLinkError);
    } catch (IllegalAccessException impossible) {
      throw new AssertionError(impossible);
    }
  }

  private static Object nothing(Class<?> type) {
    if (!type.isPrimitive()) {
      return null;
    }
    return switch (type.getName()) {
      case "long" -> 0L;
      case "float" -> 0f;
      case "double" -> 0.0;
      default -> 0;
    };
  }
}
