package org.hypergrad.engine.backend.cuda;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.kernels.CudaContext;
import org.hypergrad.kernels.CudaStream;
import org.hypergrad.kernels.DeviceMemory;
import org.hypergrad.kernels.Launch;

/**
 * Mistakes that only a kernel sees, such as a label out of range. A kernel writes the lowest place
 * of one into a cell; the host looks when it waits for the device anyway, and throws then.
 */
final class Faults {
  private static final int CELLS = 256;

  /**
   * What a kernel watches for.
   *
   * @param op the operation
   * @param problem what is wrong if the cell is written
   * @param operand what has the place
   * @param rule what should hold
   */
  record Watch(String op, String problem, String operand, String rule) {}

  private final CudaContext context;
  private final CudaStream stream;
  private final DeviceMemory cells;

  /** What the cells stand for since the host last looked. */
  private final List<Watch> watched = new ArrayList<>();

  Faults(CudaContext context, CudaStream stream) {
    this.context = context;
    this.stream = stream;
    this.cells = context.memory().allocate("faults", CELLS * (long) Long.BYTES, stream);
    clear(CELLS);
  }

  private void clear(int count) {
    long[] none = new long[count];
    Arrays.fill(none, Long.MAX_VALUE);
    context.staging().upload(MemorySegment.ofArray(none), cells, 0, stream);
  }

  /** The byte offset of the cell for a watch; the same watch has one cell. */
  synchronized long cell(Watch watch) {
    int index = watched.indexOf(watch);
    if (index < 0) {
      if (watched.size() == CELLS) {
        check();
      }
      index = watched.size();
      watched.add(watch);
    }
    return index * (long) Long.BYTES;
  }

  /** Adds the address of a cell that {@link #cell} gave. */
  Launch pointer(Launch launch, long cell) {
    return launch.pointer(cells, cell);
  }

  /**
   * Waits for the stream and looks.
   *
   * @throws ArgumentException that names the first mistake since the last look
   */
  synchronized void check() {
    if (watched.isEmpty()) {
      return;
    }
    long[] places = new long[watched.size()];
    context.staging().download(cells, 0, MemorySegment.ofArray(places), stream);
    for (int i = 0; i < places.length; i++) {
      if (places[i] != Long.MAX_VALUE) {
        Watch watch = watched.get(i);
        clear(places.length);
        watched.clear();
        throw new ArgumentException(
            watch.op,
            watch.problem,
            "number " + places[i] + " of " + watch.operand,
            watch.rule,
            "results of this op and of what came after it are not to be used");
      }
    }
    watched.clear();
  }

  void close() {
    cells.close();
  }
}
