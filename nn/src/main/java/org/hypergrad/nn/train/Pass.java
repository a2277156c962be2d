package org.hypergrad.nn.train;

import java.util.function.Consumer;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.TensorHolder;
import org.hypergrad.nn.Loss;
import org.hypergrad.nn.Module;

/** A batch through a model, and back: its mean loss and the gradients. */
record Pass(Tensor loss, Gradients gradients) implements TensorHolder {
  static Pass of(Module model, Loss loss, Tensor input, Tensor target) {
    return Tape.record(
        tape -> {
          Tensor mean = loss.apply(model.apply(input), target);
          return new Pass(mean, tape.backward(mean));
        });
  }

  @Override
  public void forEachTensor(Consumer<Tensor> action) {
    action.accept(loss);
    gradients.forEachTensor(action);
  }
}
