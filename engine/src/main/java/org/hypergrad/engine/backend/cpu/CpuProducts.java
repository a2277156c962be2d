package org.hypergrad.engine.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.function.Supplier;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.backend.cpu.loops.FloatLoop;
import org.hypergrad.engine.backend.cpu.loops.FloatLoops;
import org.hypergrad.engine.backend.cpu.loops.ThreadTeam;
import org.hypergrad.engine.backend.cpu.onednn.ConvGeometry;
import org.hypergrad.engine.backend.cpu.onednn.Convolution;
import org.hypergrad.engine.backend.cpu.onednn.MatrixProduct;
import org.hypergrad.engine.backend.cpu.onednn.ProgramCache;
import org.hypergrad.engine.memory.Block;
import org.hypergrad.engine.memory.Memory;
import org.hypergrad.engine.op.BinaryKind;
import org.hypergrad.engine.op.Conv2d;
import org.hypergrad.engine.op.ConvTranspose2d;
import org.hypergrad.engine.op.Window2d;

/**
 * Matrix products and convolutions, by oneDNN; large ones of 3 x 3 kernels by {@link Winograd}. Of
 * a product of two matrices each thread makes a term of all, if that is small beside the factors;
 * else some rows, or columns if there are few rows: the threads of the loops before and behind it
 * are awake, oneDNN's own are not.
 */
final class CpuProducts {
  /** Multiplications with additions that are worth a thread of their own, if it is awake. */
  private static final double GRAIN = 100_000;

  /** Rows of a thread, at least: with less, oneDNN's kernels are not full. */
  private static final int ROWS = 16;

  /** Columns of a thread, at least, where there are few rows. */
  private static final int COLUMNS = 32;

  /** Columns of a in a thread's term, at least. */
  private static final int DEPTH = 128;

  /** How many times as many columns a has as the result has rows or columns, for terms. */
  private static final int DEEP = 4;

  private final ProgramCache programs;
  private final Supplier<ThreadTeam> team;
  private final Memory memory;
  private final Winograd winograd;
  private final FloatLoop add = FloatLoops.best().binary(BinaryKind.ADD);

  CpuProducts(ProgramCache programs, Supplier<ThreadTeam> team, Memory memory) {
    this.programs = programs;
    this.team = team;
    this.memory = memory;
    winograd = new Winograd(programs, team, memory);
  }

  static long address(Tensor tensor) {
    return tensor.segment().address() + tensor.offset() * tensor.dtype().bytes();
  }

  /** The product of the first two, and the third if there is one. */
  void matmul(Tensor[] in, Tensor y) {
    Tensor a = in[0];
    Tensor b = in[1];
    if (y.count() == 0) {
      return;
    }
    if (a.extent(-1) == 0) {
      if (in.length > 2) {
        y.assign(in[2]);
      } else {
        y.fill(0);
      }
      return;
    }
    Tensor left = isMatrix(a) ? a : a.copy();
    Tensor right = isMatrix(b) ? b : b.copy();
    Tensor addend = in.length > 2 ? addend(in[2], y.shape()) : null;
    int rank = y.rank();
    MatrixProduct product =
        new MatrixProduct(
            extents(left, rank),
            strides(left, rank),
            extents(right, rank),
            strides(right, rank),
            y.shape().toArray(),
            y.extent(-1),
            addend == null ? null : extents(addend, rank),
            false);
    ThreadTeam threads = team.get();
    long[] addresses =
        addend == null
            ? new long[] {address(left), address(right), address(y)}
            : new long[] {address(left), address(right), address(y), address(addend)};
    if (rank == 2
        && a.extent(1) >= (long) DEPTH * threads.threads()
        && a.extent(1) >= DEEP * Math.max(y.extent(0), y.extent(1))) {
      byDepth(product, threads, addresses, y);
    } else if (rank == 2 && y.extent(0) >= (long) ROWS * threads.threads()) {
      byRows(product, threads, addresses);
    } else if (rank == 2
        && y.extent(1) >= (long) COLUMNS * threads.threads()
        && (addend == null || addend.count() == y.extent(1))) {
      byColumns(product, threads, addresses);
    } else {
      product.run(programs, threads.threads(), addresses);
    }
  }

  /** One row for all or as many elements as the result: what oneDNN adds without a detour. */
  private static Tensor addend(Tensor c, Shape y) {
    boolean row = c.count() == y.extent(-1) && c.rank() > 0 && c.extent(-1) == y.extent(-1);
    return (row ? c : c.broadcastTo(y)).contiguous();
  }

  private void byRows(MatrixProduct product, ThreadTeam threads, long[] addresses) {
    long rows = product.y()[0];
    long columns = product.y()[1];
    long left = product.aStrides()[0] * Float.BYTES;
    long result = columns * Float.BYTES;
    long addend = product.c() == null || product.c()[0] == 1 ? 0 : result;
    threads.run(
        rows,
        GRAIN / (columns * product.a()[1]),
        (from, to) -> {
          long[] own = addresses.clone();
          own[0] += from * left;
          own[2] += from * result;
          if (addend != 0) {
            own[3] += from * addend;
          }
          product.rows(to - from).run(programs, 1, own);
        });
  }

  /**
   * Each thread multiplies some columns of a with these rows of b; the first adds what is added.
   */
  private void byDepth(MatrixProduct product, ThreadTeam threads, long[] addresses, Tensor y) {
    long depth = product.a()[1];
    int terms = threads.threads();
    long term = Math.ceilDiv(depth, terms);
    long left = product.aStrides()[1] * Float.BYTES;
    long right = product.bStrides()[0] * Float.BYTES;
    long size = y.count() * Float.BYTES;
    Block others = memory.allocate("matmul", Math.max(1, (terms - 1) * size));
    try {
      threads.run(
          terms,
          GRAIN / (y.count() * term),
          (from, to) -> {
            for (long i = from; i < to; i++) {
              long[] own = Arrays.copyOf(addresses, i == 0 ? addresses.length : 3);
              own[0] += i * term * left;
              own[1] += i * term * right;
              own[2] = i == 0 ? own[2] : others.segment().address() + (i - 1) * size;
              long some = Math.min(term, depth - i * term);
              product.depth(some, i == 0).run(programs, 1, own);
            }
          });
      for (int i = 1; i < terms; i++) {
        MemorySegment[] sum = {y.segment(), y.segment(), others.segment()};
        long[] at = {y.offset(), y.offset(), (i - 1) * y.count()};
        add.run(sum, at, new boolean[3], y.count(), 0, 0);
      }
    } finally {
      others.release();
    }
  }

  private void byColumns(MatrixProduct product, ThreadTeam threads, long[] addresses) {
    long right = product.bStrides()[1] * Float.BYTES;
    threads.run(
        product.y()[1],
        GRAIN / (product.a()[0] * product.a()[1]),
        (from, to) -> {
          long[] own = addresses.clone();
          own[1] += from * right;
          for (int place = 2; place < own.length; place++) {
            own[place] += from * Float.BYTES;
          }
          product.columns(to - from).run(programs, 1, own);
        });
  }

  /** Whether one of the last two axes is dense and no other axis repeats elements. */
  private static boolean isMatrix(Tensor x) {
    int rank = x.rank();
    for (int i = 0; i < rank; i++) {
      if (x.extent(i) > 1 && x.stride(i) < 1) {
        return false;
      }
    }
    long rows = x.extent(-2);
    long columns = x.extent(-1);
    long row = x.stride(rank - 2);
    long column = x.stride(rank - 1);
    boolean byRows = (columns == 1 || column == 1) && (rows == 1 || row >= columns);
    boolean byColumns = (rows == 1 || row == 1) && (columns == 1 || column >= rows);
    return byRows || byColumns;
  }

  private static long[] extents(Tensor x, int rank) {
    long[] extents = new long[rank];
    int added = rank - x.rank();
    for (int i = 0; i < rank; i++) {
      extents[i] = i < added ? 1 : x.extent(i - added);
    }
    return extents;
  }

  /** Strides that mean the same and leave oneDNN no doubt about axes of extent 1. */
  private static long[] strides(Tensor x, int rank) {
    long rows = x.extent(-2);
    long columns = x.extent(-1);
    long row = x.stride(x.rank() - 2);
    long column = x.stride(x.rank() - 1);
    if ((columns == 1 || column == 1) && (rows == 1 || row >= columns)) {
      column = 1;
      row = rows == 1 ? columns : row;
    } else {
      row = 1;
      column = columns == 1 ? rows : column;
    }
    long[] strides = new long[rank];
    long size = Math.max(rows * row, columns * column);
    int added = rank - x.rank();
    for (int i = rank - 3; i >= 0; i--) {
      boolean used = i >= added && x.extent(i - added) > 1;
      strides[i] = used ? x.stride(i - added) : size;
      size = used ? Math.max(size, x.extent(i - added) * strides[i]) : size;
    }
    strides[rank - 2] = row;
    strides[rank - 1] = column;
    return strides;
  }

  // Convolutions.

  /** Strides of images [N, C, H, W] with the channels innermost. */
  static long[] channelsLast(Shape shape) {
    long channels = shape.extent(1);
    long width = shape.extent(3);
    return new long[] {shape.extent(2) * width * channels, 1, width * channels, channels};
  }

  static boolean isChannelsLast(Tensor x) {
    long[] expected = channelsLast(x.shape());
    for (int i = 0; i < 4; i++) {
      if (x.extent(i) > 1 && x.stride(i) != expected[i]) {
        return false;
      }
    }
    return true;
  }

  /** The images themselves if they lie channels first or last, else a copy that does. */
  private static Tensor images(Tensor x) {
    return isChannelsLast(x) ? x : x.contiguous();
  }

  private static ConvGeometry geometry(Conv2d op, Shape x, Shape y, Shape w) {
    Window2d window = op.window();
    Window2d.Padding padding = window.padding();
    return new ConvGeometry(
        new ConvGeometry.Images(x.extent(0), x.extent(1), x.extent(2), x.extent(3)),
        new ConvGeometry.Images(y.extent(0), y.extent(1), y.extent(2), y.extent(3)),
        new ConvGeometry.Extents(w.extent(2), w.extent(3)),
        new ConvGeometry.Extents(window.stride().height(), window.stride().width()),
        new ConvGeometry.Extents(padding.top(), padding.left()),
        new ConvGeometry.Extents(
            bottom(x.extent(2), y.extent(2), w.extent(2), window),
            right(x.extent(3), y.extent(3), w.extent(3), window)),
        new ConvGeometry.Extents(window.dilation().height(), window.dilation().width()),
        op.groups());
  }

  /** The padding below that the last window really reaches; negative if it leaves rows out. */
  private static long bottom(long rows, long out, long kernel, Window2d window) {
    return (out - 1) * window.stride().height()
        + window.dilation().height() * (kernel - 1)
        + 1
        - rows
        - window.padding().top();
  }

  private static long right(long columns, long out, long kernel, Window2d window) {
    return (out - 1) * window.stride().width()
        + window.dilation().width() * (kernel - 1)
        + 1
        - columns
        - window.padding().left();
  }

  private void run(
      Convolution.Pass pass, ConvGeometry geometry, boolean bias, Tensor x, Tensor y, long... at) {
    new Convolution(pass, geometry, isChannelsLast(x), isChannelsLast(y), bias)
        .run(programs, team.get().threads(), at);
  }

  private static boolean isForWinograd(ConvGeometry geometry, Tensor x, Tensor y) {
    return Winograd.fits(geometry) && isChannelsLast(x) && isChannelsLast(y);
  }

  void conv2d(Conv2d op, Tensor[] in, Tensor y) {
    if (y.count() == 0) {
      return;
    }
    Tensor w = in[1].contiguous();
    if (in[0].count() == 0) {
      fillByChannel(y, in);
      return;
    }
    Tensor x = images(in[0]);
    ConvGeometry geometry = geometry(op, x.shape(), y.shape(), w.shape());
    Tensor bias = in.length > 2 ? in[2].contiguous() : null;
    if (isForWinograd(geometry, x, y)) {
      winograd.forward(geometry, x, w, bias, y);
    } else if (bias != null) {
      run(
          Convolution.Pass.FORWARD,
          geometry,
          true,
          x,
          y,
          address(x),
          address(w),
          address(bias),
          address(y));
    } else {
      run(Convolution.Pass.FORWARD, geometry, false, x, y, address(x), address(w), address(y));
    }
  }

  /** The result of a sum over no channels: the bias, or 0. */
  private static void fillByChannel(Tensor y, Tensor[] in) {
    y.fill(0);
    if (in.length > 2) {
      y.assign(in[2].reshape(-1, 1, 1));
    }
  }

  void inputGradient(Conv2d op, Tensor gradient, Tensor weights, Tensor dx) {
    if (dx.count() == 0) {
      return;
    }
    if (gradient.count() == 0) {
      dx.fill(0);
      return;
    }
    Tensor dy = images(gradient);
    Tensor w = weights.contiguous();
    ConvGeometry geometry = geometry(op, dx.shape(), dy.shape(), w.shape());
    if (isForWinograd(geometry, dx, dy)) {
      winograd.inputGradient(geometry, dy, w, dx);
      return;
    }
    run(
        Convolution.Pass.INPUT_GRADIENT,
        geometry,
        false,
        dx,
        dy,
        address(dy),
        address(w),
        address(dx));
  }

  void weightGradient(Conv2d op, Tensor input, Tensor gradient, Tensor dw) {
    if (dw.count() == 0) {
      return;
    }
    if (input.count() == 0 || gradient.count() == 0) {
      dw.fill(0);
      return;
    }
    Tensor x = images(input);
    Tensor dy = images(gradient);
    ConvGeometry geometry = geometry(op, x.shape(), dy.shape(), dw.shape());
    if (isForWinograd(geometry, x, dy)) {
      winograd.weightGradient(geometry, x, dy, dw);
      return;
    }
    run(
        Convolution.Pass.WEIGHT_GRADIENT,
        geometry,
        false,
        x,
        dy,
        address(x),
        address(dy),
        address(dw));
  }

  void convTranspose2d(ConvTranspose2d op, Tensor[] in, Tensor y) {
    inputGradient(op.convolution(), in[0], in[1], y);
    if (in.length > 2) {
      y.assign(y.add(in[2].reshape(-1, 1, 1)));
    }
  }
}
