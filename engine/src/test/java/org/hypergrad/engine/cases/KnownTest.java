package org.hypergrad.engine.cases;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/**
 * Every case has a test. Left to the modules that own the matter, and not in the file:
 *
 * <ul>
 *   <li>optimizers: adam-3-steps, adam-l2-vs-adamw, adamw-order, sgd-dampening-first-step,
 *       sgd-lr-outside-velocity, optim-grad-not-mutated, optim-null-grad, clip-norm-global,
 *       grad-accum-weighted, adam-resume
 *   <li>data: idx-bad, cifar-layout, shuffle-subset, workers-rng, jpeg-cmyk, jpeg-gray,
 *       jpeg-corrupt, imagefolder-classes
 *   <li>FOP: fop-hypergradient-fd, fop-lowrank-zero-init, fop-momentum-3-steps, fop-conv-3x3,
 *       fop-1x1-conv, fop-adam-composition
 * </ul>
 */
class KnownTest {
  @Test
  void everyCaseHasATestOfItsName() {
    Set<String> tests = new TreeSet<>();
    for (Class<?> type :
        List.of(
            ArithmeticCasesTest.class,
            BatchNormCasesTest.class,
            ConvolutionCasesTest.class,
            CrossEntropyCasesTest.class,
            PoolingCasesTest.class)) {
      for (Method method : type.getDeclaredMethods()) {
        if (method.isAnnotationPresent(ParameterizedTest.class)) {
          tests.add(method.getName().toLowerCase(Locale.ROOT));
        }
      }
    }
    List<String> ids = new ArrayList<>();
    Known.ids().forEach(id -> ids.add(id.replace("-", "").toLowerCase(Locale.ROOT)));
    assertEquals(tests, new TreeSet<>(ids));
  }
}
