package org.hypergrad.engine.backend.cuda;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.backend.Recorder;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.error.DeviceException;
import org.hypergrad.engine.memory.Block;
import org.hypergrad.kernels.CudaContext;
import org.hypergrad.kernels.CudaGraph;
import org.hypergrad.kernels.CudaStream;
import org.hypergrad.kernels.DeviceMemory;
import org.hypergrad.kernels.Launch;

/**
 * Graphs of what ops queue. The numbers of random streams lie in a table in device memory, which is
 * sent before a replay: kernels look there.
 */
final class CudaRecorder implements Recorder {
  /** Random draws in a graph at most. */
  private static final int DRAWS = 1024;

  private static final int DRAW_BYTES = 2 * Long.BYTES;

  private final CudaBackend backend;
  private final CudaContext context;
  private final CudaStream stream;
  private final Faults faults;
  private final List<Recorded> recordings = new ArrayList<>();

  CudaRecorder(CudaBackend backend, CudaContext context, CudaStream stream, Faults faults) {
    this.backend = backend;
    this.context = context;
    this.stream = stream;
    this.faults = faults;
  }

  /** A stream of random numbers. */
  private record Drawn(long seed, long stream) {}

  /** What is captured, or was. */
  final class Recorded implements Recording {
    private final Thread thread = Thread.currentThread();
    private final FaultCells cells = faults.newCells();
    private final DeviceMemory table =
        context.memory().allocate("graph", (long) DRAWS * DRAW_BYTES, stream);
    private final Map<Drawn, Integer> places = new HashMap<>();
    private final long[] draws = new long[2 * DRAWS];

    /** Aliases of what ops use that was there before; they keep its memory. */
    private final List<Tensor> held = new ArrayList<>();

    private final Set<Block> heldBlocks = Collections.newSetFromMap(new IdentityHashMap<>());
    private CudaGraph graph;

    @Override
    public int willDraw(long seed, long stream) {
      int place = places.size();
      if (place == DRAWS) {
        throw new ArgumentException(
            "graph", "too many random tensors", "more than " + DRAWS, "at most " + DRAWS, "");
      }
      if (places.putIfAbsent(new Drawn(seed, stream), place) != null) {
        throw new ArgumentException(
            "graph",
            "two generators draw the same numbers",
            "seed " + seed + ", stream " + stream,
            "generators that can be told apart",
            "share one, or give each its own seed");
      }
      draw(place, seed, stream);
      return place;
    }

    @Override
    public void draw(int place, long seed, long stream) {
      draws[2 * place] = seed;
      draws[2 * place + 1] = stream;
    }

    /** Adds where a kernel finds the stream that takes the place of this one. */
    Launch drawn(Launch launch, long seed, long stream) {
      Integer place = places.get(new Drawn(seed, stream));
      return place == null
          ? launch.nullPointer()
          : launch.pointer(table, (long) place * DRAW_BYTES);
    }

    /** Checks that an op is of this thread, and keeps the memory of operands. */
    void uses(String op, Tensor... operands) {
      if (Thread.currentThread() != thread) {
        throw new DeviceException(
            op,
            "another thread captures what runs here",
            Thread.currentThread().getName(),
            thread.getName() + " alone, until it is done",
            "");
      }
      for (Tensor operand : operands) {
        if (!Kernels.block(operand).isOfCapture() && heldBlocks.add(operand.block())) {
          held.add(operand.detach().retain());
        }
      }
    }

    @Override
    public void replay() {
      backend.replay(this);
    }

    void launch() {
      if (!places.isEmpty()) {
        MemorySegment used =
            MemorySegment.ofArray(draws).asSlice(0, (long) places.size() * DRAW_BYTES);
        context.staging().upload(used, table, 0, stream);
      }
      graph.launch();
      faults.replayed(cells);
    }

    private void close() {
      if (graph != null) {
        graph.close();
      }
      held.forEach(Tensor::close);
      table.close();
      faults.close(cells);
    }
  }

  @Override
  public void record(Consumer<Recording> body) {
    Recorded recorded = new Recorded();
    try {
      recorded.graph =
          backend.record(recorded, () -> faults.in(recorded.cells, () -> body.accept(recorded)));
    } catch (RuntimeException | Error failure) {
      recorded.close();
      throw failure;
    }
    recordings.add(recorded);
  }

  @Override
  public void close() {
    recordings.forEach(Recorded::close);
    recordings.clear();
  }
}
