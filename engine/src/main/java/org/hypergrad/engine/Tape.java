package org.hypergrad.engine;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.hypergrad.engine.error.ShapeException;
import org.hypergrad.engine.error.TapeException;
import org.hypergrad.engine.op.Differentiable;
import org.hypergrad.engine.op.Op;

/**
 * Records ops while it is open, and walks them backwards once.
 *
 * <pre>{@code
 * Gradients gradients = Tape.record(tape -> {
 *   Tensor loss = x.matmul(w).softplus().mean();
 *   return tape.backward(loss);
 * });
 * w.assign(w.sub(gradients.of(w).mul(0.1)));
 * }</pre>
 *
 * <p>An op is recorded if a gradient can flow through one of its inputs: a leaf, which has {@link
 * Tensor#requireGradient}, or the result of a recorded op. What its rule needs again is kept alive
 * beyond the scope that made it, and dropped as soon as the walk has used it; so code that closes
 * its scopes early (one per layer, say) holds just the activations that are still needed. Recording
 * ends with {@link #backward}. A tape belongs to the thread that opened it.
 *
 * <p>Second derivatives do not exist: the walk itself is never recorded.
 */
public final class Tape {
  private final List<Node> nodes = new ArrayList<>();
  private final Map<Tensor, Node> leaves = new IdentityHashMap<>();
  private boolean recording = true;

  private Tape() {}

  /** Opens a tape and a scope; the tensors in the result of {@code body} leave the scope. */
  public static <T> T record(Function<Tape, T> body) {
    Tape tape = new Tape();
    try {
      return Scope.call(() -> with(tape, () -> body.apply(tape)));
    } finally {
      tape.close();
    }
  }

  /** Runs {@code body} with recording off. */
  public static <T> T paused(Supplier<T> body) {
    return with(null, body);
  }

  private static <T> T with(Tape tape, Supplier<T> body) {
    Context context = Context.current();
    Tape before = context.tape;
    context.tape = tape;
    try {
      return body.get();
    } finally {
      context.tape = before;
    }
  }

  /** The tape that records on this thread now, or null. */
  static Tape recording() {
    Tape tape = Context.current().tape;
    return tape != null && tape.recording ? tape : null;
  }

  /** Differentiates by {@code tensor} too, on this tape alone. */
  public void watch(Tensor tensor) {
    tensor.checkOpen();
    if (tensor.node() == null && tensor.dtype().isFloating()) {
      leaves.computeIfAbsent(tensor, this::leaf);
      return;
    }
    throw new TapeException(
        "watch",
        "not a leaf of floating type",
        tensor.spec() + ", made " + tensor.origin(),
        "a floating tensor that no recorded op made",
        "");
  }

  private Node leaf(Tensor tensor) {
    return new Node(this, tensor);
  }

  /** Notes that {@code op} made {@code out}, if a gradient can flow through it. */
  void record(Op op, Tensor[] in, Tensor[] out) {
    Node[] sources = new Node[in.length];
    boolean flows = false;
    for (int i = 0; i < in.length; i++) {
      sources[i] = source(op, in[i]);
      flows |= sources[i] != null;
    }
    if (!flows) {
      return;
    }
    if (op instanceof Differentiable differentiable) {
      Node node = new Node(this, differentiable, in, sources, out);
      nodes.add(node);
      for (int i = 0; i < out.length; i++) {
        if (out[i].dtype().isFloating()) {
          out[i].setNode(node, i);
        }
      }
    } else {
      refuseSilentCut(op, out);
    }
  }

  private Node source(Op op, Tensor input) {
    Node node = input.node();
    if (node == null) {
      return input.requiresGradient()
          ? leaves.computeIfAbsent(input, this::leaf)
          : leaves.get(input);
    }
    if (node.tape != this && node.tape.recording) {
      throw new TapeException(
          op.name(),
          "an input was recorded by another open tape",
          input.spec() + ", made " + input.origin(),
          "inputs of this tape, leaves or constants",
          "detach() it to use its value as a constant; second derivatives are not supported");
    }
    return node.tape == this ? node : null;
  }

  /** An op with a floating result and no gradient rule must not end a path unnoticed. */
  private static void refuseSilentCut(Op op, Tensor[] out) {
    for (Tensor tensor : out) {
      if (tensor.dtype().isFloating()) {
        throw new TapeException(
            op.name(),
            "has no gradient; second derivatives are not supported",
            tensor.spec().toString(),
            "a differentiable op, or inputs that are constants",
            "detach() the inputs, or compute it inside Tape.paused(() -> ...)");
      }
    }
  }

  /**
   * The gradients of a scalar by every leaf that it depends on. Ends the recording.
   *
   * @throws TapeException if this tape was used before, if {@code output} depends on no leaf, or if
   *     a kept value was changed in place
   * @throws ShapeException if {@code output} has more than one element
   */
  public Gradients backward(Tensor output) {
    if (output.count() != 1) {
      throw new ShapeException(
          "backward",
          "output is not a scalar",
          output.spec().toString(),
          "one element",
          "reduce it, or give the gradient that arrives: backward(List.of(y), List.of(dy))");
    }
    return backward(List.of(output), null);
  }

  /**
   * The gradients of several outputs together: of the sum over i of outputs[i] * arriving[i].
   *
   * @param outputs results of ops on this tape
   * @param arriving gradients that arrive at the outputs, of the same shapes
   */
  public Gradients backward(List<Tensor> outputs, List<Tensor> arriving) {
    checkUnused(outputs);
    if (arriving != null) {
      checkArriving(outputs, arriving);
    }
    recording = false;
    Gradients gradients = new Gradients();
    return Scope.call(
        () -> {
          Scope walk = Scope.current();
          for (int i = 0; i < outputs.size(); i++) {
            Tensor output = outputs.get(i);
            Tensor seed = arriving == null ? one(output) : arriving.get(i);
            Node node = output.node() == null ? leaves.get(output) : output.node();
            node.arrive(output.nodeOutput(), seed, walk);
          }
          for (int i = nodes.size() - 1; i >= 0; i--) {
            nodes.get(i).backward(walk);
          }
          leaves.forEach(
              (tensor, leaf) -> {
                if (leaf.arrived(0) != null) {
                  gradients.put(tensor, leaf.arrived(0).contiguous());
                }
              });
          return gradients;
        });
  }

  private static Tensor one(Tensor output) {
    return output.device().call(() -> Tensor.full(1, output.dtype(), output.shape().toArray()));
  }

  private void checkUnused(List<Tensor> outputs) {
    if (!recording) {
      throw new TapeException(
          "backward",
          "this tape was walked already and its activations are gone",
          "a second backward",
          "one backward per tape",
          "record again; several outputs go into one call; second derivatives are not supported");
    }
    for (Tensor output : outputs) {
      output.checkOpen();
      Node node = output.node() == null ? leaves.get(output) : output.node();
      if (node == null || node.tape != this) {
        throw new TapeException(
            "backward",
            "the output depends on no leaf of this tape",
            output.spec() + ", made " + output.origin(),
            "the result of ops on a tensor with requireGradient(), while this tape was open",
            "gradients are constants themselves: second derivatives are not supported");
      }
    }
  }

  private static void checkArriving(List<Tensor> outputs, List<Tensor> arriving) {
    boolean fits = outputs.size() == arriving.size();
    for (int i = 0; fits && i < outputs.size(); i++) {
      fits = outputs.get(i).spec().equals(arriving.get(i).spec());
    }
    if (!fits) {
      throw new ShapeException(
          "backward",
          "arriving gradients do not fit the outputs",
          arriving.stream().map(Tensor::spec).toList().toString(),
          outputs.stream().map(Tensor::spec).toList().toString(),
          "");
    }
  }

  private void close() {
    recording = false;
    nodes.forEach(Node::release);
  }
}
