package org.hypergrad.engine;

import java.util.function.Supplier;
import org.hypergrad.engine.error.TapeException;
import org.hypergrad.engine.op.Differentiable;

/** One recorded application of an op; or, with no op, a leaf. */
final class Node implements Backward {
  final Tape tape;
  private final Differentiable op;
  private final Tensor leaf;
  private final Node[] sources;
  private final int[] sourceOutputs;
  private final Spec[] inputSpecs;
  private final Spec[] outputSpecs;
  private final Kept[] keptInputs;
  private final Kept[] keptOutputs;
  private final Tensor[] gradients;
  private Scope walk;

  /** A value kept for backward, and the version of its memory at that time. */
  private record Kept(Tensor tensor, int version) {
    static Kept of(Tensor tensor) {
      return new Kept(tensor.alias(null), tensor.storage().version());
    }
  }

  private static final Node[] NO_SOURCES = {};
  private static final int[] NO_OUTPUTS = {};
  private static final Spec[] NO_SPECS = {};
  private static final Kept[] NOTHING_KEPT = {};

  /** A leaf. */
  Node(Tape tape, Tensor leaf) {
    this.tape = tape;
    this.op = null;
    this.leaf = leaf;
    this.sources = NO_SOURCES;
    this.sourceOutputs = NO_OUTPUTS;
    this.inputSpecs = NO_SPECS;
    this.outputSpecs = new Spec[] {leaf.spec()};
    this.keptInputs = NOTHING_KEPT;
    this.keptOutputs = NOTHING_KEPT;
    this.gradients = new Tensor[1];
  }

  /** An op; {@code sources[i]} is null where no gradient flows to input i. */
  Node(Tape tape, Differentiable op, Tensor[] in, Node[] sources, Tensor[] out) {
    this.tape = tape;
    this.op = op;
    this.leaf = null;
    this.sources = sources;
    this.sourceOutputs = new int[in.length];
    this.inputSpecs = new Spec[in.length];
    this.outputSpecs = new Spec[out.length];
    this.keptInputs = new Kept[in.length];
    this.keptOutputs = new Kept[out.length];
    this.gradients = new Tensor[out.length];
    Keep keep = op.keep(wanted());
    for (int i = 0; i < in.length; i++) {
      inputSpecs[i] = in[i].spec();
      sourceOutputs[i] = in[i].nodeOutput();
      keptInputs[i] = (keep.inputs() >>> i & 1) != 0 ? Kept.of(in[i]) : null;
    }
    for (int i = 0; i < out.length; i++) {
      outputSpecs[i] = out[i].spec();
      keptOutputs[i] = (keep.outputs() >>> i & 1) != 0 ? Kept.of(out[i]) : null;
    }
  }

  private int wanted() {
    int mask = 0;
    for (int i = 0; i < sources.length; i++) {
      mask |= sources[i] != null ? 1 << i : 0;
    }
    return mask;
  }

  Tensor leaf() {
    return leaf;
  }

  Tensor arrived(int output) {
    return gradients[output];
  }

  /** Runs the gradient rule if a gradient arrived; then drops it and all that was kept. */
  void backward(Scope walk) {
    this.walk = walk;
    boolean reached = false;
    for (Tensor gradient : gradients) {
      reached |= gradient != null;
    }
    if (reached) {
      Scope.run(() -> op.backward(this));
    }
    release();
  }

  void release() {
    release(keptInputs);
    release(keptOutputs);
    if (op != null) {
      for (int i = 0; i < gradients.length; i++) {
        if (gradients[i] != null) {
          gradients[i].close();
          gradients[i] = null;
        }
      }
    }
  }

  private static void release(Kept[] kept) {
    for (int i = 0; i < kept.length; i++) {
      if (kept[i] != null) {
        kept[i].tensor().close();
        kept[i] = null;
      }
    }
  }

  /** Adds a gradient to what has arrived at an output; it lives in the scope of the walk. */
  void arrive(int output, Tensor gradient, Scope walk) {
    Tensor before = gradients[output];
    if (before == null) {
      gradients[output] = gradient.alias(walk);
      return;
    }
    Scope.run(() -> gradients[output] = before.add(gradient).alias(walk));
    before.close();
  }

  @Override
  public Tensor input(int i) {
    return kept(keptInputs[i], "input", i);
  }

  @Override
  public Tensor output(int i) {
    return kept(keptOutputs[i], "output", i);
  }

  private Tensor kept(Kept kept, String what, int i) {
    if (kept == null) {
      throw new IllegalStateException(op.name() + " did not keep " + what + " " + i);
    }
    Tensor tensor = kept.tensor();
    if (tensor.storage().version() != kept.version()) {
      throw new TapeException(
          op.name(),
          "a value kept for backward was changed in place",
          what + " " + i + " " + tensor.spec() + ", made " + tensor.origin(),
          "the value that forward saw",
          "change it after backward(), or give the op a copy()");
    }
    return tensor;
  }

  @Override
  public Spec inputSpec(int i) {
    return inputSpecs[i];
  }

  @Override
  public int inputs() {
    return inputSpecs.length;
  }

  @Override
  public Tensor gradient(int i) {
    if (gradients[i] == null) {
      Spec spec = outputSpecs[i];
      return Tensor.full(0, spec.dtype(), spec.shape().toArray());
    }
    return gradients[i];
  }

  @Override
  public boolean wants(int i) {
    return sources[i] != null;
  }

  @Override
  public void give(int i, Supplier<Tensor> rule) {
    if (sources[i] == null) {
      return;
    }
    Tensor gradient = rule.get().sumTo(inputSpecs[i].shape());
    if (!gradient.spec().equals(inputSpecs[i])) {
      throw new IllegalStateException(
          op.name() + " gave " + gradient.spec() + " as gradient of " + inputSpecs[i]);
    }
    sources[i].arrive(sourceOutputs[i], gradient, walk);
  }
}
