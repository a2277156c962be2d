package org.hypergrad.nn.layer;

import org.hypergrad.engine.op.Window2d.Pair;
import org.hypergrad.nn.Initialiser;
import org.hypergrad.nn.Initialiser.Distribution;

/**
 * The options that both kinds of convolution have.
 *
 * @param <B> the builder of the layer itself
 */
abstract sealed class ConvolutionBuilder<B extends ConvolutionBuilder<B>> extends WindowBuilder<B>
    permits Conv2d.Builder, ConvTranspose2d.Builder {
  final long inputs;
  final long outputs;
  long groups = 1;
  Initialiser weight = Initialiser.glorot(Distribution.UNIFORM);

  /** Null for none. */
  Initialiser bias = Initialiser.zeros();

  ConvolutionBuilder(long inputs, long outputs, Pair kernel) {
    super(kernel, Pair.ONE);
    this.inputs = inputs;
    this.outputs = outputs;
  }

  void checkChannels(String layer) {
    Checks.channels(layer, "inputs", inputs, groups);
    Checks.channels(layer, "outputs", outputs, groups);
  }

  /** Distance of the kernel's taps in pixels, at least 1. */
  public B dilation(long both) {
    return dilation(both, both);
  }

  /** Distance of the kernel's taps in pixels, at least 1, by axis. */
  public B dilation(long height, long width) {
    dilate(height, width);
    return self();
  }

  /** Groups of channels that see only themselves; the number divides inputs and outputs. */
  public B groups(long number) {
    groups = number;
    return self();
  }

  /** First values of the weight. */
  public B weight(Initialiser first) {
    weight = first;
    return self();
  }

  /** First values of the bias. */
  public B bias(Initialiser first) {
    bias = first;
    return self();
  }

  /** No bias. */
  public B withoutBias() {
    bias = null;
    return self();
  }
}
