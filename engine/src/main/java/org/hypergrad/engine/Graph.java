package org.hypergrad.engine;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.hypergrad.engine.backend.Recorder;
import org.hypergrad.engine.backend.Recorder.Recording;
import org.hypergrad.engine.error.LifetimeException;
import org.hypergrad.engine.error.TapeException;
import org.hypergrad.engine.random.Generator;

/**
 * A computation that a GPU runs again and again as a whole (a CUDA graph): the host makes one call
 * for it, in place of some for each op. What small networks take is mostly the host's time.
 *
 * <pre>{@code
 * try (Graph<Gradients> graph =
 *     Graph.of(1, () -> Tape.record(tape -> tape.backward(loss(input, labels))))) {
 *   while (...) {
 *     input.assign(...);
 *     labels.assign(...);
 *     Gradients gradients = graph.run();
 *     ...
 *   }
 * }
 * }</pre>
 *
 * <p>The first {@link #run} calls the body as it is; the next ones, as many as there are turns,
 * call it while its ops are captured; all later ones run what was captured. So the body is asked
 * for its ops only a few times, and whatever the host computes in it is from then on as it was:
 * shapes, numbers that are attributes of ops, decisions. What differs from run to run must be in
 * tensors that exist before, which the body reads and the caller changes in place. Random numbers
 * differ of themselves: each run draws from {@link Generator}s what a call of the body would have
 * drawn.
 *
 * <p>The body can neither read a value, since none is there when it is captured, and so not decide
 * by one, nor make a tensor of the host's values: either is an error that says so. No other thread
 * may use the device while it runs.
 *
 * <p>Results of captured runs are the graph's: they stay as they are until as many more runs as
 * there are turns, and end with it. Each turn has memory of its own for all that the body makes.
 * Tensors that the body reads or changes are kept alive as long as the graph.
 *
 * <p>For one thread. So far this has run on the simulated GPU alone.
 *
 * @param <T> what the body gives: a tensor, a {@link TensorHolder}, or an array or collection of
 *     these
 */
public final class Graph<T> implements AutoCloseable {
  private final Device device;
  private final Supplier<T> body;
  private final Recorder recorder;
  private final List<Turn<T>> turns = new ArrayList<>();
  private final int most;
  private long runs;
  private boolean closed;

  /** One capture of the body. */
  static final class Turn<T> {
    private final Scope results = Scope.unbound();
    private final List<Draw> draws = new ArrayList<>();
    private Recording recording;
    private T result;

    void capture(Recording recording, Device device, Supplier<T> body) {
      this.recording = recording;
      Context context = Context.current();
      Scope before = context.scope;
      context.scope = results;
      context.turn = this;
      try {
        result = device.call(() -> Scope.call(body));
      } finally {
        context.turn = null;
        context.scope = before;
      }
    }

    void redraw() {
      for (Draw draw : draws) {
        recording.draw(draw.place, draw.generator.seed(), draw.generator.next());
      }
    }

    T replay() {
      results.forEach(Tensor::changedInPlace);
      recording.replay();
      return result;
    }
  }

  private record Draw(Generator generator, int place) {}

  private Graph(Device device, int turns, Supplier<T> body) {
    this.device = device;
    this.body = body;
    this.most = turns;
    recorder = device.backend().recorder();
  }

  /**
   * Nothing runs yet.
   *
   * @param turns how many runs long a result stays, at least 1
   * @throws org.hypergrad.engine.error.DeviceException if the current device is no GPU
   */
  public static <T> Graph<T> of(int turns, Supplier<T> body) {
    return new Graph<>(Device.current(), Math.max(1, turns), body);
  }

  /**
   * What the body gives, as a call of it would.
   *
   * @throws org.hypergrad.engine.error.DeviceException if it cannot be captured, with what is in
   *     the way
   */
  public T run() {
    if (closed) {
      throw new LifetimeException("graph", "used after close", "", "an open graph", "");
    }
    if (Tape.recording() != null) {
      throw new TapeException(
          "graph",
          "no tape can look into it",
          "a run while a tape is open",
          "no open tape, or one within the body",
          "");
    }
    long run = runs++;
    if (run == 0) {
      return device.call(body);
    }
    int index = (int) ((run - 1) % most);
    if (index < turns.size()) {
      turns.get(index).redraw();
    } else {
      turns.add(capture());
    }
    return turns.get(index).replay();
  }

  private Turn<T> capture() {
    Turn<T> turn = new Turn<>();
    try {
      recorder.record(recording -> turn.capture(recording, device, body));
      return turn;
    } catch (RuntimeException | Error failure) {
      runs--;
      turn.results.close();
      throw failure;
    }
  }

  /** For generators: the op that comes next draws from this stream, if it is captured. */
  public static void willDraw(Generator generator, long stream) {
    Turn<?> turn = Context.current().turn;
    if (turn != null) {
      int place = turn.recording.willDraw(generator.seed(), stream);
      turn.draws.add(new Draw(generator, place));
    }
  }

  /** Ends the results. */
  @Override
  public void close() {
    if (!closed) {
      closed = true;
      turns.forEach(turn -> turn.results.close());
      recorder.close();
    }
  }
}
