package org.hypergrad.engine.conformance;

import java.util.stream.IntStream;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;

/** Ways in which the same values can lie in memory. */
public enum Layout {
  CONTIGUOUS {
    @Override
    public Tensor apply(Tensor x) {
      return x;
    }
  },
  /** The axes in reverse order in memory. */
  TRANSPOSED {
    @Override
    public Tensor apply(Tensor x) {
      int[] reversed = IntStream.range(0, x.rank()).map(i -> x.rank() - 1 - i).toArray();
      return x.permute(reversed).copy().permute(reversed);
    }
  },
  /** Axis 1 innermost: images with their channels last. */
  CHANNELS_LAST {
    @Override
    public Tensor apply(Tensor x) {
      return x.rank() < 3 ? x : x.transpose(1, x.rank() - 1).copy().transpose(1, x.rank() - 1);
    }
  },
  /** Every second element of a larger block, from the second on. */
  SLICED {
    @Override
    public Tensor apply(Tensor x) {
      Tensor pairs = x.unsqueeze(-1).broadcastTo(x.shape().insert(x.rank(), 2)).copy();
      return pairs.select(-1, 1);
    }
  },
  /** A part of a larger block that starts in its middle. */
  OFFSET {
    @Override
    public Tensor apply(Tensor x) {
      Tensor copies = x.unsqueeze(0).broadcastTo(x.shape().insert(0, 3)).copy();
      return copies.select(0, 1);
    }
  },
  /** The first index of the first axis repeated with stride 0; other values than the rest. */
  BROADCAST {
    @Override
    public Tensor apply(Tensor x) {
      if (x.rank() == 0 || x.extent(0) == 0) {
        return x;
      }
      Shape shape = x.shape();
      return x.slice(0, 0, 1).copy().broadcastTo(shape);
    }
  };

  /** The same values (but for {@link #BROADCAST}) lying so. */
  public abstract Tensor apply(Tensor x);
}
