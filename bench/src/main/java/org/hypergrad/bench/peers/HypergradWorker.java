package org.hypergrad.bench.peers;

import java.io.IOException;
import java.io.UncheckedIOException;
import org.hypergrad.engine.Device;
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

/** Trains in this engine. Arguments: the row, {@code momentum} or {@code fop}, and the threads. */
public final class HypergradWorker {
  private HypergradWorker() {}

  public static void main(String[] args) {
    Work work = Work.named(args[0]);
    Device cpu = Device.cpu();
    cpu.setThreads(Integer.parseInt(args[2]));
    cpu.run(() -> Scope.run(() -> serve(work, rule(args[1]))));
  }

  /** The last layer, where it is dense, has no P. */
  private static Rule rule(String name) {
    Sgd momentum = new Sgd(Work.RATE).momentum(Work.MOMENTUM);
    return switch (name) {
      case "momentum" -> momentum;
      case "fop" ->
          Fop.over(momentum).where(Selector.role(Role.DENSE_WEIGHT), Preconditioner.none());
      default -> throw new IllegalArgumentException("peers: no such rule; got " + name);
    };
  }

  private static void serve(Work work, Rule rule) {
    Tensor x = Tensor.of(work.input(), work.shape());
    Tensor labels = Tensor.of(work.labels(), work.shape()[0]);
    Loss loss = Loss.crossEntropy();
    try (Module model = model(work);
        Optimizer optimizer = Optimizer.of(rule, model.parameters())) {
      Worker.serve(
          () ->
              Scope.call(
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
                  }));
    } catch (IOException cause) {
      throw new UncheckedIOException(cause);
    }
  }

  private static Module model(Work work) {
    Generator random = new Generator(1);
    Module model =
        switch (work.net()) {
          case ALL_CNN -> AllCnn.builder().classes(work.classes()).build(random);
          case MNIST -> Network.of(random);
          case RESNET_18 -> ResNet.resNet18().classes(work.classes()).build(random);
        };
    Scope.run(() -> model.parameters().forEach(HypergradWorker::fill));
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
