package org.hypergrad.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The package through which CUDA is called can be replaced: nobody outside sees its names. */
class PublicSurfaceTest {
  @Test
  void noPublicMemberNamesJCuda() throws ReflectiveOperationException, IOException {
    List<String> seen = new ArrayList<>();
    int members = 0;
    for (Class<?> type : publicClasses()) {
      members += type.getDeclaredMethods().length;
      for (Method method : type.getDeclaredMethods()) {
        check(method.getModifiers(), method.toGenericString(), seen);
      }
      for (Constructor<?> constructor : type.getDeclaredConstructors()) {
        check(constructor.getModifiers(), constructor.toGenericString(), seen);
      }
      for (Field field : type.getDeclaredFields()) {
        check(field.getModifiers(), field.toGenericString(), seen);
      }
      check(Modifier.PUBLIC, "" + type.getGenericSuperclass(), seen);
    }
    assertTrue(members > 50, "looked at " + members);
    assertEquals(List.of(), seen);
  }

  private static void check(int modifiers, String text, List<String> seen) {
    if ((Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers))
        && text.contains("jcuda.")) {
      seen.add(text);
    }
  }

  private static List<Class<?>> publicClasses() throws ReflectiveOperationException, IOException {
    List<Class<?>> types = new ArrayList<>();
    try (Stream<Path> files = Files.walk(classes())) {
      for (Path file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
        String name = classes().relativize(file).toString().replace('/', '.');
        if (!name.endsWith("package-info.class")) {
          Class<?> type =
              Class.forName(name.substring(0, name.length() - ".class".length()), false, loader());
          if (Modifier.isPublic(type.getModifiers())) {
            types.add(type);
          }
        }
      }
    }
    return types;
  }

  private static ClassLoader loader() {
    return PublicSurfaceTest.class.getClassLoader();
  }

  private static Path classes() {
    try {
      return Path.of(CudaContext.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException impossible) {
      throw new AssertionError(impossible);
    }
  }
}
