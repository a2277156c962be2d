package org.hypergrad.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.stream.Stream;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.kernels.OnGpu;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Runs every case; each must launch the kernels it says. */
@OnGpu
class KernelsTest {
  private static Gpu gpu;

  /** In debug mode, so that blocks have just the bytes that a kernel may touch. */
  @BeforeAll
  static void open() {
    System.setProperty("hypergrad.cuda.debug", "true");
    try {
      gpu = new Gpu();
    } finally {
      System.clearProperty("hypergrad.cuda.debug");
    }
  }

  @AfterAll
  static void close() {
    gpu.close();
  }

  static List<KernelCase> cases() {
    return Stream.of(
            PointwiseKernels.cases(),
            ReductionKernels.cases(),
            SoftmaxKernels.cases(),
            RandomKernels.cases(),
            MovementKernels.cases(),
            NormalisationKernels.cases(),
            PoolKernels.cases(),
            ImageKernels.cases(),
            OptimizerKernels.cases(),
            FopKernels.cases())
        .flatMap(List::stream)
        .toList();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void agreesWithTheReference(KernelCase kernelCase) {
    try {
      Device.reference().run(() -> Scope.run(() -> kernelCase.body().accept(gpu)));
      assertEquals(kernelCase.kernels(), gpu.launched());
    } finally {
      gpu.endCase();
    }
  }
}
