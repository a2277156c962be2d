package org.hypergrad.engine.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.backend.cpu.loops.FloatLoop;
import org.hypergrad.engine.backend.cpu.loops.FloatLoops;
import org.hypergrad.engine.backend.cpu.loops.ThreadTeam;
import org.hypergrad.engine.backend.cpu.loops.WinogradTiles;
import org.hypergrad.engine.backend.cpu.onednn.ConvGeometry;
import org.hypergrad.engine.backend.cpu.onednn.MatrixProduct;
import org.hypergrad.engine.backend.cpu.onednn.ProgramCache;
import org.hypergrad.engine.memory.Block;
import org.hypergrad.engine.memory.Memory;
import org.hypergrad.engine.op.BinaryKind;

/**
 * Convolutions by Winograd's minimal filtering of 2 x 2 pixels at a time: 16 products of matrices
 * [tiles, C] x [C, O] with 4 multiplications for each pixel and two channels, where the sum itself
 * has 9 (Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", 2016). What is
 * transformed stays in a thread's cache, some tiles at a time.
 *
 * <p>Its transforms are sums of up to four numbers of a tile, so that rounding is little more than
 * that of the sum itself; but where a pixel is infinite or NaN, so are all results of its tiles.
 *
 * <p>All images lie channels last.
 */
final class Winograd {
  /** Places of a tile: 4 x 4 pixels. */
  private static final int PLACES = 16;

  /** Taps of a kernel: 3 x 3. */
  private static final int TAPS = 9;

  /** Tiles whose transforms fit a cache beside each other. */
  private static final int TOGETHER = 128;

  /** The fewest tiles for each channel: with few, to transform kernels takes what is won. */
  private static final int TILES_PER_CHANNEL = 8;

  /** Multiplications with additions below which nothing is won. */
  private static final long LEAST = 64L << 20;

  private final ProgramCache programs;
  private final Supplier<ThreadTeam> team;
  private final Memory memory;
  private final FloatLoop add = FloatLoops.best().binary(BinaryKind.ADD);

  Winograd(ProgramCache programs, Supplier<ThreadTeam> team, Memory memory) {
    this.programs = programs;
    this.team = team;
    this.memory = memory;
  }

  /** Whether this is such a convolution, and large enough, and there are vectors. */
  static boolean fits(ConvGeometry g) {
    ConvGeometry.Extents one = new ConvGeometry.Extents(1, 1);
    return FloatLoops.best().areVectors()
        && g.kernel().equals(new ConvGeometry.Extents(3, 3))
        && g.stride().equals(one)
        && g.dilation().equals(one)
        && g.groups() == 1
        && isShort(g.before().height())
        && isShort(g.before().width())
        && g.in().channels() % WinogradTiles.LANES == 0
        && g.out().channels() % WinogradTiles.LANES == 0
        && g.multiplications() >= LEAST
        && new Tiles(g.out(), 0, 0, 0, 2).count()
            >= TILES_PER_CHANNEL * Math.max(g.in().channels(), g.out().channels());
  }

  private static boolean isShort(long padding) {
    return padding >= 0 && padding <= 2;
  }

  /** Of the layer y = x * w + b; the bias may be null. */
  void forward(ConvGeometry g, Tensor x, Tensor w, Tensor bias, Tensor y) {
    Tensor taps = w.permute(2, 3, 1, 0).contiguous();
    convolve(
        new Tiles(g.in(), CpuProducts.address(x), g.before().height(), g.before().width(), 4),
        new Tiles(g.out(), CpuProducts.address(y), 0, 0, 2),
        taps,
        false,
        bias);
  }

  /** The gradient of x: a convolution of that of y with the kernels turned around. */
  void inputGradient(ConvGeometry g, Tensor dy, Tensor w, Tensor dx) {
    Tensor taps = w.permute(2, 3, 0, 1).contiguous();
    convolve(
        new Tiles(
            g.out(), CpuProducts.address(dy), 2 - g.before().height(), 2 - g.before().width(), 4),
        new Tiles(g.in(), CpuProducts.address(dx), 0, 0, 2),
        taps,
        true,
        null);
  }

  private void convolve(Tiles in, Tiles out, Tensor taps, boolean flipped, Tensor bias) {
    long from = in.channels();
    long to = out.channels();
    long plane = from * to * Float.BYTES;
    long zeros = bias == null ? to * Float.BYTES : 0;
    try (Room kernels = new Room(PLACES * plane + zeros)) {
      long u = kernels.address;
      long taken = CpuProducts.address(taps);
      long terms = bias == null ? u + PLACES * plane : CpuProducts.address(bias);
      if (bias == null) {
        kernels.block.segment().asSlice(PLACES * plane, zeros).fill((byte) 0);
      }
      team.get()
          .run(
              plane / Float.BYTES,
              0,
              (a, b) ->
                  WinogradTiles.kernels(
                      taken, flipped, u, plane, a * Float.BYTES, b * Float.BYTES));
      long tiles = out.count();
      team.get()
          .run(
              Math.ceilDiv(tiles, TOGETHER),
              0,
              (a, b) -> {
                long most = TOGETHER * PLACES;
                try (Room room =
                    new Room((most * (from + to) + PLACES * Math.max(from, to)) * Float.BYTES)) {
                  long v = room.address;
                  long m = v + most * from * Float.BYTES;
                  long patch = m + most * to * Float.BYTES;
                  for (long first = a * TOGETHER;
                      first < Math.min(b * TOGETHER, tiles);
                      first += TOGETHER) {
                    int some = (int) Math.min(TOGETHER, tiles - first);
                    in.transformInput(out, first, some, v, patch);
                    product(some, from, to).run(programs, 1, v, u, m);
                    out.transformOutput(first, some, m, terms, patch);
                  }
                }
              });
    }
  }

  /** [tiles, from] x [from, to] for each place. */
  private static MatrixProduct product(long tiles, long from, long to) {
    return new MatrixProduct(
        new long[] {PLACES, tiles, from},
        new long[] {tiles * from, from, 1},
        new long[] {PLACES, from, to},
        new long[] {from * to, to, 1},
        new long[] {PLACES, tiles, to},
        to,
        null,
        false);
  }

  /** [from, tiles] x [tiles, to] for each place, added to what is there but at first. */
  private static MatrixProduct transposed(long tiles, long from, long to, boolean onto) {
    return new MatrixProduct(
        new long[] {PLACES, from, tiles},
        new long[] {tiles * from, 1, from},
        new long[] {PLACES, tiles, to},
        new long[] {tiles * to, to, 1},
        new long[] {PLACES, from, to},
        to,
        null,
        onto);
  }

  /** The gradient of w: each thread sums over some tiles. */
  void weightGradient(ConvGeometry g, Tensor x, Tensor dy, Tensor dw) {
    Tiles in =
        new Tiles(g.in(), CpuProducts.address(x), g.before().height(), g.before().width(), 4);
    Tiles out = new Tiles(g.out(), CpuProducts.address(dy), 0, 0, 2);
    long from = in.channels();
    long to = out.channels();
    long plane = from * to * Float.BYTES;
    long blocks = Math.ceilDiv(out.count(), TOGETHER);
    long terms = Math.min(team.get().threads(), blocks);
    // Of the copy nothing remains but its place.
    Tensor taps = dw.permute(2, 3, 1, 0).copy();
    try (Room sums = new Room(terms * PLACES * plane)) {
      team.get()
          .run(
              terms,
              0,
              (a, b) -> {
                for (long term = a; term < b; term++) {
                  addUp(
                      in,
                      out,
                      term * blocks / terms,
                      (term + 1) * blocks / terms,
                      sums.address + term * PLACES * plane);
                }
              });
      long u = sums.address;
      long result = CpuProducts.address(taps);
      team.get()
          .run(
              plane / Float.BYTES,
              0,
              (a, b) -> {
                for (int place = 0; place < PLACES; place++) {
                  for (long term = 1; term < terms; term++) {
                    MemorySegment all = sums.block.segment();
                    long at = place * plane / Float.BYTES + a;
                    long other = term * PLACES * plane / Float.BYTES + at;
                    add.run(
                        new MemorySegment[] {all, all, all},
                        new long[] {at, at, other},
                        new boolean[3],
                        b - a,
                        0,
                        0);
                  }
                }
                WinogradTiles.kernelGradients(u, result, plane, a * Float.BYTES, b * Float.BYTES);
              });
    }
    dw.assign(taps.permute(3, 2, 0, 1));
  }

  private void addUp(Tiles in, Tiles out, long firstBlock, long lastBlock, long u) {
    long from = in.channels();
    long to = out.channels();
    long most = TOGETHER * PLACES;
    try (Room room = new Room((most * (from + to) + PLACES * Math.max(from, to)) * Float.BYTES)) {
      long v = room.address;
      long m = v + most * from * Float.BYTES;
      long patch = m + most * to * Float.BYTES;
      for (long block = firstBlock; block < lastBlock; block++) {
        long first = block * TOGETHER;
        int some = (int) Math.min(TOGETHER, out.count() - first);
        in.transformInput(out, first, some, v, patch);
        out.transformOutputGradient(first, some, m, patch);
        transposed(some, from, to, block > firstBlock).run(programs, 1, v, m, u);
      }
    }
  }

  /** Memory for a while. */
  private final class Room implements AutoCloseable {
    private final Block block;
    private final long address;

    Room(long bytes) {
      block = memory.allocate("conv2d", bytes);
      address = block.segment().address();
    }

    @Override
    public void close() {
      block.release();
    }
  }

  /** Images, cut into tiles of {@code size} pixels each way that begin at every second pixel. */
  private record Tiles(ConvGeometry.Images images, long address, long padY, long padX, int size) {
    long channels() {
      return images.channels();
    }

    private long across() {
      return Math.ceilDiv(images.width(), 2);
    }

    private long down() {
      return Math.ceilDiv(images.height(), 2);
    }

    long count() {
      return images.batch() * down() * across();
    }

    private long image(long tile) {
      return tile / (across() * down());
    }

    private long top(long tile) {
      return 2 * (tile / across() % down());
    }

    private long left(long tile) {
      return 2 * (tile % across());
    }

    private long pixel() {
      return images.channels() * Float.BYTES;
    }

    private long row() {
      return images.width() * pixel();
    }

    private long at(long image, long y, long x) {
      return address + (image * images.height() + y) * row() + x * pixel();
    }

    private boolean isInside(long y, long x) {
      return y >= 0 && x >= 0 && y + size <= images.height() && x + size <= images.width();
    }

    /** Copies a tile to a patch, or back; there are zeros where there is no image. */
    private void copy(long image, long y, long x, long patch, boolean back) {
      for (int i = 0; i < size; i++) {
        for (int j = 0; j < size; j++) {
          long there = patch + (i * size + j) * pixel();
          boolean has =
              y + i >= 0 && y + i < images.height() && x + j >= 0 && x + j < images.width();
          if (back && has) {
            WinogradTiles.copy(there, at(image, y + i, x + j), pixel());
          } else if (has) {
            WinogradTiles.copy(at(image, y + i, x + j), there, pixel());
          } else if (!back) {
            WinogradTiles.clear(there, pixel());
          }
        }
      }
    }

    /** The tiles of these images that those of the result need. */
    void transformInput(Tiles result, long first, int count, long v, long patch) {
      long[] rows = new long[4];
      long plane = count * pixel();
      for (int i = 0; i < count; i++) {
        long tile = first + i;
        long y = result.top(tile) - padY;
        long x = result.left(tile) - padX;
        long image = result.image(tile);
        boolean inside = isInside(y, x);
        if (!inside) {
          copy(image, y, x, patch, false);
        }
        for (int r = 0; r < 4; r++) {
          rows[r] = inside ? at(image, y + r, x) : patch + 4 * r * pixel();
        }
        WinogradTiles.input(rows, pixel(), v + i * pixel(), plane, pixel());
      }
    }

    void transformOutput(long first, int count, long m, long bias, long patch) {
      long plane = count * pixel();
      for (int i = 0; i < count; i++) {
        long tile = first + i;
        long y = top(tile);
        long x = left(tile);
        long image = image(tile);
        boolean inside = isInside(y, x);
        long y0 = inside ? at(image, y, x) : patch;
        long y1 = inside ? at(image, y + 1, x) : patch + 2 * pixel();
        WinogradTiles.output(m + i * pixel(), plane, bias, y0, y1, pixel(), pixel());
        if (!inside) {
          copy(image, y, x, patch, true);
        }
      }
    }

    void transformOutputGradient(long first, int count, long m, long patch) {
      long plane = count * pixel();
      for (int i = 0; i < count; i++) {
        long tile = first + i;
        long y = top(tile);
        long x = left(tile);
        long image = image(tile);
        boolean inside = isInside(y, x);
        if (!inside) {
          copy(image, y, x, patch, false);
        }
        long y0 = inside ? at(image, y, x) : patch;
        long y1 = inside ? at(image, y + 1, x) : patch + 2 * pixel();
        WinogradTiles.outputGradient(y0, y1, pixel(), m + i * pixel(), plane, pixel());
      }
    }
  }
}
