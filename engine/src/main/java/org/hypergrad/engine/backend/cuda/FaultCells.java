package org.hypergrad.engine.backend.cuda;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.hypergrad.engine.backend.cuda.Faults.Watch;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.kernels.CudaContext;
import org.hypergrad.kernels.CudaStream;
import org.hypergrad.kernels.DeviceMemory;
import org.hypergrad.kernels.Launch;

/** Cells into which kernels write the lowest place of a mistake, and what each is for. */
final class FaultCells {
  private static final int CELLS = 256;

  private final CudaContext context;
  private final CudaStream stream;
  private final DeviceMemory cells;
  private final List<Watch> watched = new ArrayList<>();

  FaultCells(CudaContext context, CudaStream stream) {
    this.context = context;
    this.stream = stream;
    this.cells = context.memory().allocate("faults", CELLS * (long) Long.BYTES, stream);
    clear();
  }

  private void clear() {
    long[] none = new long[CELLS];
    Arrays.fill(none, Long.MAX_VALUE);
    context.staging().upload(MemorySegment.ofArray(none), cells, 0, stream);
  }

  boolean isFull() {
    return watched.size() == CELLS;
  }

  /** The byte offset of the cell for a watch; the same watch has one cell. */
  long cell(Watch watch) {
    int index = watched.indexOf(watch);
    if (index < 0) {
      if (isFull()) {
        throw new ArgumentException(
            watch.op(), "too much to watch", CELLS + " different ops", "fewer in one graph", "");
      }
      index = watched.size();
      watched.add(watch);
    }
    return index * (long) Long.BYTES;
  }

  Launch pointer(Launch launch, long cell) {
    return launch.pointer(cells, cell);
  }

  /** Looks, and throws what the first cell says that was written; all are clear then. */
  void check() {
    if (watched.isEmpty()) {
      return;
    }
    long[] places = new long[watched.size()];
    context.staging().download(cells, 0, MemorySegment.ofArray(places), stream);
    for (int i = 0; i < places.length; i++) {
      if (places[i] != Long.MAX_VALUE) {
        Watch watch = watched.get(i);
        clear();
        throw new ArgumentException(
            watch.op(),
            watch.problem(),
            "number " + places[i] + " of " + watch.operand(),
            watch.rule(),
            "results of this op and of what came after it are not to be used");
      }
    }
  }

  /** Gives the cells to others, as no kernel writes to them any more. */
  void forget() {
    watched.clear();
  }

  void close() {
    cells.close();
  }
}
