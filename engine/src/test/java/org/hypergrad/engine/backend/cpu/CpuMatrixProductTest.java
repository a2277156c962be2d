package org.hypergrad.engine.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.random.Generator;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Products whose rows, columns or terms are shared among threads, against the reference in double.
 */
class CpuMatrixProductTest {
  @ParameterizedTest
  @CsvSource({
    "2, 100, 784, 128, false, false",
    "2, 101, 200, 96, true, false",
    "3, 131, 300, 77, false, true",
    "3, 48, 2100, 1, true, true",
    "5, 1000, 33, 17, true, false",
    "2, 16, 784, 100, false, false",
    "2, 16, 300, 128, false, false",
    "3, 5, 1000, 9, true, false",
    "5, 1, 4001, 1, false, true",
    "3, 1, 300, 1001, false, true",
    "2, 7, 33, 64, true, true"
  })
  void everyElementIsThere(
      int threads, int m, int k, int n, boolean columnsOfA, boolean columnsOfB) {
    Device cpu = Device.cpu();
    int before = cpu.threads();
    cpu.setThreads(threads);
    try {
      cpu.run(() -> Scope.run(() -> check(m, k, n, columnsOfA, columnsOfB)));
    } finally {
      cpu.setThreads(before);
    }
  }

  private static void check(int m, int k, int n, boolean columnsOfA, boolean columnsOfB) {
    Generator random = new Generator(1);
    Tensor wholeA = random.normal(1, columnsOfA ? k : m, (columnsOfA ? m : k) + 3);
    Tensor wholeB = random.normal(1, columnsOfB ? n : k, columnsOfB ? k : n);
    // A part of a wider matrix: its rows do not lie one behind the other.
    Tensor part = wholeA.slice(1, 2, wholeA.extent(1) - 1);
    Tensor a = columnsOfA ? part.transpose() : part;
    Tensor b = columnsOfB ? wholeB.transpose() : wholeB;
    double[] product = a.matmul(b).toDoubles();
    double[] expected =
        a.to(Device.reference())
            .to(DType.FLOAT64)
            .matmul(b.to(Device.reference()).to(DType.FLOAT64))
            .toDoubles();
    double largest = Arrays.stream(expected).map(Math::abs).max().orElseThrow();
    assertArrayEquals(expected, product, 1e-6 * largest);

    // Where threads share the rows, each must find its own of what is added.
    Tensor addend = random.normal(1, m, n);
    double[] added = addend.toDoubles();
    double[] row = addend.slice(0, 0, 1).toDoubles();
    double[] sums = IntStream.range(0, m * n).mapToDouble(i -> expected[i] + added[i]).toArray();
    double[] biased =
        IntStream.range(0, m * n).mapToDouble(i -> expected[i] + row[i % n]).toArray();
    assertArrayEquals(sums, a.matmul(b, addend).toDoubles(), 1e-6 * largest);
    assertArrayEquals(biased, a.matmul(b, addend.slice(0, 0, 1)).toDoubles(), 1e-6 * largest);
  }
}
