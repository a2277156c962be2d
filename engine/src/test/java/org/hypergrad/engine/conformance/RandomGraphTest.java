package org.hypergrad.engine.conformance;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.LongStream;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.junit.jupiter.api.Test;

/** What single rows cannot show: rules that meet each other in long and branching graphs. */
class RandomGraphTest {
  private static final long FIRST_SEED = 1_000;
  private static final int GRAPHS = 200;

  private static LongStream seeds() {
    return LongStream.range(FIRST_SEED, FIRST_SEED + GRAPHS);
  }

  private static List<double[]> values(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    return RandomGraph.inputs().stream().map(input -> input.values(random)).toList();
  }

  @Test
  void gradientsAgreeWithCentralDifferences() {
    StringBuilder failures = new StringBuilder();
    seeds()
        .forEach(
            seed -> {
              String difference =
                  new GradCheck(
                          new RandomGraph(seed),
                          RandomGraph.inputs(),
                          values(seed),
                          new boolean[] {true, true, true})
                      .difference();
              if (difference != null) {
                failures.append(seed).append(": ").append(difference).append('\n');
              }
            });
    assertEquals("", failures.toString());
  }

  /** float32 rounds at each step of the graph; a step passes on earlier errors a few times. */
  private static double tolerance(RandomGraph graph) {
    return 4e-6 * graph.depth();
  }

  private static double[][] gradients(
      Device device, DType dtype, RandomGraph graph, List<double[]> values) {
    return device.call(
        () ->
            Tape.record(
                tape -> {
                  Tensor[] in = new Tensor[values.size()];
                  for (int i = 0; i < in.length; i++) {
                    in[i] = Case.tensor(dtype, RandomGraph.inputs().get(i), values.get(i));
                    in[i].requireGradient();
                  }
                  Tensor output = graph.apply(in);
                  Gradients g = tape.backward(output.mul(Case.arriving(output.spec())).sum());
                  return Arrays.stream(in).map(x -> g.of(x).toDoubles()).toArray(double[][]::new);
                }));
  }

  @Test
  void cpuAgreesWithTheReference() {
    StringBuilder failures = new StringBuilder();
    seeds()
        .forEach(
            seed -> {
              RandomGraph graph = new RandomGraph(seed);
              List<double[]> values = values(seed);
              double[][] expected = gradients(Device.reference(), DType.FLOAT64, graph, values);
              double[][] actual = gradients(Device.cpu(), DType.FLOAT32, graph, values);
              for (int i = 0; i < expected.length; i++) {
                double size = Arrays.stream(expected[i]).map(Math::abs).max().orElse(0);
                for (int j = 0; j < expected[i].length; j++) {
                  double error = Math.abs(expected[i][j] - actual[i][j]) / Math.max(1, size);
                  if (!(error <= tolerance(graph))) {
                    failures.append(graph + " input " + i + "[" + j + "] off by " + error + "\n");
                  }
                }
              }
            });
    assertEquals("", failures.toString());
  }
}
