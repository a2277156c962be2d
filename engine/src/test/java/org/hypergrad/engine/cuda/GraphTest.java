package org.hypergrad.engine.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.function.Supplier;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Graph;
import org.hypergrad.engine.Profile;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.error.DeviceException;
import org.hypergrad.engine.error.EngineException;
import org.hypergrad.engine.error.LifetimeException;
import org.hypergrad.engine.error.ShapeException;
import org.hypergrad.engine.error.TapeException;
import org.hypergrad.engine.op.CrossEntropy;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.kernels.Simulated;
import org.hypergrad.kernels.SimulatedDriver;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Computations that run again without the host, on the simulated GPU. */
@Simulated
class GraphTest {
  private static final Device DEVICE = Device.simulated();
  private static final int RUNS = 7;

  @AfterEach
  void noMoreFailures() {
    SimulatedDriver.fail("");
  }

  private static void onDevice(Runnable body) {
    DEVICE.run(() -> Scope.run(body));
  }

  /** Captured runs that the log of the simulated device has, by the launches of graphs in it. */
  private static long graphs() {
    return SimulatedDriver.log()
        .lines()
        .skip(1)
        .map(line -> line.split(","))
        .map(columns -> columns[columns.length - 2])
        .filter(graph -> !graph.equals("0"))
        .distinct()
        .count();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void runsGiveWhatCallsOfTheBodyWould(int turns) {
    onDevice(
        () -> {
          Tensor x = Tensor.zeros(5, 7);
          Generator captured = new Generator(3);
          Generator called = new Generator(3);
          SimulatedDriver.clearLog();
          try (Graph<Tensor> graph = Graph.of(turns, () -> noisy(captured, x))) {
            for (int run = 0; run < RUNS; run++) {
              x.assign(new Generator(run).normal(1, 5, 7));
              float[] expected = Scope.call(() -> noisy(called, x).toFloats());
              assertArrayEquals(expected, graph.run().toFloats(), "run " + run);
            }
          }
          assertEquals(RUNS - 1, graphs(), "all but the first were captured");
          assertEquals(called.stream(), captured.stream());
        });
  }

  private static Tensor noisy(Generator random, Tensor x) {
    Tensor noise = random.normal(0.1, 5, 7).add(random.uniform(0, 1, 7));
    return random.dropout(x.add(noise), 0.4).mul(2).matmul(x.transpose());
  }

  @Test
  void backwardDropsWhatForwardDropped() {
    onDevice(
        () -> {
          Tensor x = Tensor.ones(1009).requireGradient();
          Generator random = new Generator(3);
          Supplier<Gradients> body =
              () -> Tape.record(tape -> tape.backward(random.dropout(x, 0.5).sum()));
          try (Graph<Gradients> graph = Graph.of(1, body)) {
            for (int run = 0; run < 4; run++) {
              float[] gradient = graph.run().of(x).toFloats();
              float[] mask = new Generator(3, run).dropout(x, 0.5).toFloats();
              assertArrayEquals(mask, gradient, "run " + run);
            }
          }
        });
  }

  @Test
  void resultsStayForAsManyRunsAsThereAreTurns() {
    onDevice(
        () -> {
          Tensor x = Tensor.zeros(3);
          try (Graph<Tensor> graph = Graph.of(2, () -> x.add(1))) {
            graph.run();
            Tensor first = graph.run();
            x.fill(1);
            Tensor second = graph.run();
            assertArrayEquals(new float[] {1, 1, 1}, first.toFloats());
            assertArrayEquals(new float[] {2, 2, 2}, second.toFloats());
            x.fill(2);
            graph.run();
            assertArrayEquals(new float[] {3, 3, 3}, first.toFloats(), "its turn came again");
            assertArrayEquals(new float[] {2, 2, 2}, second.toFloats());
          }
        });
  }

  /** What is passing in one turn must not lie where another turn has a result. */
  @Test
  void noTurnWritesOverResultsOfAnother() {
    onDevice(
        () -> {
          Tensor x = Tensor.zeros(3);
          Supplier<Tensor> body =
              () -> {
                Tensor result = x.add(1);
                x.mul(7);
                return result;
              };
          try (Graph<Tensor> graph = Graph.of(2, body)) {
            graph.run();
            graph.run();
            x.fill(5);
            Tensor second = graph.run();
            x.fill(2);
            graph.run();
            assertArrayEquals(new float[] {6, 6, 6}, second.toFloats());
          }
        });
  }

  /** What others allocate while a graph lives, and even what it reads, never is where it writes. */
  @Test
  void memoryOfAGraphIsItsOwn() {
    long live = DEVICE.memory().live();
    onDevice(
        () -> {
          Tensor x = Tensor.ones(100);
          try (Graph<Tensor> graph = Graph.of(1, () -> x.mul(3).add(x).square())) {
            graph.run();
            graph.run();
            x.close();
            Tensor[] others = new Tensor[20];
            for (int i = 0; i < others.length; i++) {
              others[i] = Tensor.full(i, DType.FLOAT32, 100);
            }
            assertEquals(16, graph.run().get(99));
            for (int i = 0; i < others.length; i++) {
              assertEquals(i, others[i].get(50));
            }
          }
        });
    assertEquals(live, DEVICE.memory().live());
  }

  @Test
  void aMistakeInAReplayIsReportedWhenAValueIsRead() {
    onDevice(
        () -> {
          Tensor logits = new Generator(1).normal(1, 4, 3);
          Tensor labels = Tensor.of(new int[] {0, 1, 2, 0}, 4);
          Supplier<Tensor> body = () -> CrossEntropy.mean().apply(logits, labels);
          try (Graph<Tensor> graph = Graph.of(1, body)) {
            double loss = graph.run().item();
            assertEquals(loss, graph.run().item());
            labels.assign(Tensor.of(new int[] {0, 1, 7, 0}, 4));
            Tensor wrong = graph.run();
            ArgumentException mistake = assertThrows(ArgumentException.class, wrong::item);
            assertTrue(mistake.getMessage().contains("number 2 of labels"), mistake.getMessage());
            labels.assign(Tensor.of(new int[] {0, 1, 2, 0}, 4));
            assertEquals(loss, graph.run().item());
          }
        });
  }

  /** The refusal in the run that captures; the device then goes on as before. */
  private static String refusal(Class<? extends EngineException> type, Supplier<Tensor> body) {
    String[] message = new String[1];
    onDevice(
        () -> {
          try (Graph<Tensor> graph = Graph.of(1, body)) {
            graph.run();
            message[0] = assertThrows(type, graph::run).getMessage();
            assertEquals(2, Tensor.ones(3).add(1).get(0));
            assertThrows(type, graph::run, "again");
          }
        });
    return message[0];
  }

  @Test
  void whatCannotBeCapturedIsNamed() {
    String read =
        refusal(
            DeviceException.class,
            () -> {
              Tensor x = Tensor.ones(3);
              return x.sum().item() > 2 ? x.mul(2) : x;
            });
    assertTrue(read.contains("cannot be captured: a value is read"), read);
    assertTrue(read.contains("what is decided by it is no part of a graph"), read);
    String upload = refusal(DeviceException.class, () -> Tensor.of(new float[] {1, 2}, 2).mul(2));
    assertTrue(upload.contains("cannot be captured: values of the host"), upload);
    String profile =
        refusal(DeviceException.class, () -> new Profile().call(() -> Tensor.ones(3).mul(2)));
    assertTrue(profile.contains("a profile waits for each op"), profile);
    String twins =
        refusal(
            ArgumentException.class,
            () -> new Generator(1).normal(1, 3).add(new Generator(1).normal(1, 3)));
    assertTrue(twins.contains("two generators draw the same numbers"), twins);
  }

  @Test
  void anotherThreadMustWait() {
    DeviceException[] refused = new DeviceException[1];
    onDevice(
        () -> {
          Supplier<Tensor> body =
              () -> {
                Thread other =
                    Thread.ofPlatform()
                        .start(
                            () -> {
                              try {
                                onDevice(() -> Tensor.ones(3).add(1));
                              } catch (DeviceException mine) {
                                refused[0] = mine;
                              }
                            });
                join(other);
                return Tensor.ones(3).add(1);
              };
          try (Graph<Tensor> graph = Graph.of(1, body)) {
            graph.run();
            graph.run();
          }
        });
    assertTrue(refused[0].getMessage().contains("another thread captures"), "" + refused[0]);
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException interrupt) {
      throw new AssertionError(interrupt);
    }
  }

  @Test
  void misuseIsRefused() {
    DeviceException host =
        assertThrows(
            DeviceException.class,
            () -> Device.cpu().run(() -> Graph.of(1, () -> Tensor.ones(1)).close()));
    assertTrue(host.getMessage().contains("got cpu; expected a GPU"), host.getMessage());
    onDevice(
        () -> {
          Tensor x = Tensor.ones(3).requireGradient();
          Graph<Tensor> graph = Graph.of(1, () -> x.add(1));
          assertThrows(TapeException.class, () -> Tape.record(tape -> graph.run()));
          assertThrows(ShapeException.class, () -> x.assign(Tensor.ones(4)));
          graph.close();
          assertThrows(LifetimeException.class, graph::run);
        });
  }

  @ParameterizedTest
  @ValueSource(strings = {"graph:1", "graph:2", "graph:3", "launch:1"})
  void afterAFailedCaptureTheNextWorks(String rule) {
    onDevice(
        () -> {
          Tensor x = Tensor.ones(3);
          try (Graph<Tensor> graph = Graph.of(1, () -> x.add(1))) {
            graph.run();
            SimulatedDriver.fail(rule);
            assertThrows(EngineException.class, graph::run);
            SimulatedDriver.fail("");
            assertEquals(2, graph.run().get(0));
            x.fill(4);
            assertEquals(5, graph.run().get(0));
          }
        });
  }
}
