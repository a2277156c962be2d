package org.hypergrad.engine.backend.cuda;

import java.util.LinkedHashSet;
import java.util.Set;
import org.hypergrad.kernels.CudaContext;
import org.hypergrad.kernels.CudaStream;
import org.hypergrad.kernels.Launch;

/**
 * Mistakes that only a kernel sees, such as a label out of range. A kernel writes the lowest place
 * of one into a cell; the host looks when it waits for the device anyway, and throws then.
 */
final class Faults {
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

  /** Of ops that run once. */
  private final FaultCells once;

  /** Where an op finds its cell now. */
  private FaultCells current;

  /** Those of graphs that were replayed since the host last looked. */
  private final Set<FaultCells> replayed = new LinkedHashSet<>();

  Faults(CudaContext context, CudaStream stream) {
    this.context = context;
    this.stream = stream;
    once = newCells();
    current = once;
  }

  /** Cells for a graph, whose kernels write to them at each replay. */
  FaultCells newCells() {
    return new FaultCells(context, stream);
  }

  /** Gives ops cells of these for the time of {@code body}. */
  void in(FaultCells cells, Runnable body) {
    current = cells;
    try {
      body.run();
    } finally {
      current = once;
    }
  }

  /** The byte offset of the cell for a watch; the same watch has one cell. */
  synchronized long cell(Watch watch) {
    if (current == once && once.isFull()) {
      once.check();
      once.forget();
    }
    return current.cell(watch);
  }

  /** Adds the address of a cell that {@link #cell} gave. */
  Launch pointer(Launch launch, long cell) {
    return current.pointer(launch, cell);
  }

  /** Notes that a graph's kernels may have written to its cells. */
  synchronized void replayed(FaultCells cells) {
    replayed.add(cells);
  }

  /** Forgets the cells of a graph that ends. */
  synchronized void close(FaultCells cells) {
    replayed.remove(cells);
    cells.close();
  }

  /**
   * Waits for the stream and looks.
   *
   * @throws org.hypergrad.engine.error.ArgumentException that names the first mistake since the
   *     last look
   */
  synchronized void check() {
    try {
      once.check();
      replayed.forEach(FaultCells::check);
    } finally {
      once.forget();
      replayed.clear();
    }
  }

  void close() {
    once.close();
  }
}
