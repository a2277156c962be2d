package org.hypergrad.engine.op;

import org.hypergrad.engine.Backward;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Keep;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;

/**
 * An op from outside of the engine, with its own gradient. A record of attributes makes a good one.
 *
 * <p>{@link #forward} gets outputs that are allocated and undefined; it computes with other ops and
 * {@link Tensor#assign}s the result, or reads and writes {@link Tensor#segment}s itself.
 */
public interface CustomOp {
  /** The name in messages and profiles. */
  String name();

  /** Types and shapes of the outputs. */
  Spec[] infer(Spec... in);

  /** Fills {@code out}; temporaries are freed after it. */
  void forward(Tensor[] in, Tensor[] out);

  /** What {@link #backward} needs again of inputs and outputs. */
  Keep keep(int wanted);

  /** Gives the gradients of the inputs. */
  void backward(Backward b);

  /** Applies this op; on a tape its gradient is recorded. */
  default Tensor[] apply(Tensor... in) {
    return Dispatch.run(new Custom(this), in);
  }
}
