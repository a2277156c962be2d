package org.hypergrad.bench.peers;

import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.examples.mnist.Network;
import org.hypergrad.fop.Fop;
import org.hypergrad.fop.Preconditioner;
import org.hypergrad.nn.Loss;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.Selector;
import org.hypergrad.nn.model.AllCnn;
import org.hypergrad.nn.model.ResNet;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.Sgd;

/** Training steps of this engine, on the current device. */
public final class TrainingStep implements AutoCloseable {
  private final Tensor x;
  private final Tensor labels;
  private final Loss loss = Loss.crossEntropy();
  private final Module model;
  private final Optimizer optimizer;

  /** Makes the network and its batch; a scope must be open. */
  public TrainingStep(Work work, Rule rule) {
    x = Tensor.of(work.input(), work.shape()).retain();
    labels = Tensor.of(work.labels(), work.shape()[0]).retain();
    model = model(work);
    optimizer = Optimizer.of(rule, model.parameters());
  }

  /** The rule that all engines have. */
  public static Sgd momentum() {
    return new Sgd(Work.RATE).momentum(Work.MOMENTUM);
  }

  /** FOP around it, as in the paper: the last layer, where it is dense, has no P. */
  public static Fop fop() {
    return Fop.over(momentum()).where(Selector.role(Role.DENSE_WEIGHT), Preconditioner.none());
  }

  /** Takes a step; gives the loss before it. */
  public double run() {
    return Scope.call(
        () -> {
          double[] value = new double[1];
          Gradients gradients =
              Tape.record(
                  tape -> {
                    Tensor mean = loss.apply(model.apply(x), labels);
                    value[0] = mean.item();
                    return tape.backward(mean);
                  });
          optimizer.step(gradients);
          return value[0];
        });
  }

  @Override
  public void close() {
    optimizer.close();
    model.close();
    x.close();
    labels.close();
  }

  private static Module model(Work work) {
    Generator random = new Generator(1);
    Module model =
        switch (work.net()) {
          case ALL_CNN -> AllCnn.builder().classes(work.classes()).build(random);
          case MNIST -> Network.of(random);
          case RESNET_18 -> ResNet.resNet18().classes(work.classes()).build(random);
        };
    Scope.run(() -> model.parameters().forEach(TrainingStep::fill));
    return model;
  }

  private static void fill(Parameter parameter) {
    Tensor value = parameter.value();
    switch (parameter.role()) {
      case CONV_KERNEL, DENSE_WEIGHT -> {
        long inputs = parameter.role().fanIn(value.shape());
        long[] shape = value.shape().toArray();
        value.assign(Tensor.of(Work.weight(parameter.name(), inputs, shape), shape));
      }
      case BIAS -> value.fill(0);
      default -> {
        // Batch norms start with scale 1 and shift 0 everywhere.
      }
    }
  }
}
