package org.hypergrad.engine.random;

import java.util.concurrent.atomic.AtomicLong;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Graph;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.Dropout;
import org.hypergrad.engine.op.RandomNormal;
import org.hypergrad.engine.op.RandomUniform;

/**
 * A source of random tensors: each call uses the next stream of a seed, so that the k-th call gives
 * the same numbers on every backend and with any number of threads.
 */
public final class Generator {
  private volatile long seed;
  private final AtomicLong stream;

  public Generator(long seed) {
    this(seed, 0);
  }

  /** Goes on at a given stream, as after {@link #stream} calls. */
  public Generator(long seed, long stream) {
    this.seed = seed;
    this.stream = new AtomicLong(stream);
  }

  public long seed() {
    return seed;
  }

  /** The stream that the next call uses. */
  public long stream() {
    return stream.get();
  }

  /** Goes on at a stream of a seed, as a saved generator would have. */
  public void restore(long seed, long stream) {
    this.seed = seed;
    this.stream.set(stream);
  }

  /** The stream of this call. */
  public long next() {
    return stream.getAndIncrement();
  }

  /** The stream of the op that is about to run. */
  private long draw() {
    long drawn = next();
    Graph.willDraw(this, drawn);
    return drawn;
  }

  /** float32 uniform in [low, high). */
  public Tensor uniform(double low, double high, long... extents) {
    Spec spec = Spec.of(DType.FLOAT32, extents);
    return Dispatch.run(new RandomUniform(spec, seed, draw(), low, high))[0];
  }

  /** float32 normal with mean 0 and the given standard deviation. */
  public Tensor normal(double deviation, long... extents) {
    Spec spec = Spec.of(DType.FLOAT32, extents);
    return Dispatch.run(new RandomNormal(spec, seed, draw(), 0, deviation))[0];
  }

  /** x with elements dropped at random and the rest scaled by 1 / (1 - probability). */
  public Tensor dropout(Tensor x, double probability) {
    return Dispatch.run(new Dropout(probability, seed, draw()), x)[0];
  }
}
