package org.hypergrad.bench.peers.libtorch;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.hypergrad.bench.peers.Work;

/** Makes layers, and collects their parameters. Names are those of this project's modules. */
final class Layers {
  private static final double MOMENTUM = 0.1;
  private static final double EPSILON = 1e-5;

  private final MemoryFormat layout;
  private final TensorVector parameters = new TensorVector();

  Layers(MemoryFormat layout) {
    this.layout = layout;
  }

  /** What a layer or a net computes. */
  @FunctionalInterface
  interface Function {
    Tensor apply(Tensor x);

    default Function then(Function next) {
      return x -> next.apply(apply(x));
    }
  }

  TensorVector parameters() {
    return parameters;
  }

  private Tensor parameter(Tensor value) {
    value.set_requires_grad(true);
    parameters.push_back(value);
    return value;
  }

  private Tensor constant(float value, long count) {
    float[] values = new float[(int) count];
    Arrays.fill(values, value);
    return torch.tensor(values);
  }

  /** In place, as torchvision's. */
  static Function relu() {
    return Tensor::relu_;
  }

  Function linear(String name, long inputs, long outputs) {
    float[] values = Work.weight(name + ".weight", inputs, inputs, outputs);
    Tensor weight = parameter(torch.tensor(values).reshape(inputs, outputs).t().contiguous());
    TensorOptional bias = new TensorOptional(parameter(constant(0, outputs)));
    return x -> torch.linear(x, weight, bias);
  }

  Function convolution(
      String name, long inputs, long outputs, long k, long stride, long padding, boolean biased) {
    float[] values = Work.weight(name + ".weight", inputs * k * k, outputs, inputs, k, k);
    Tensor weight =
        parameter(torch.tensor(values).reshape(outputs, inputs, k, k).contiguous(layout));
    TensorOptional bias =
        biased ? new TensorOptional(parameter(constant(0, outputs))) : new TensorOptional();
    long[] strides = {stride, stride};
    long[] paddings = {padding, padding};
    long[] dilations = {1, 1};
    return x -> torch.conv2d(x, weight, bias, strides, paddings, dilations, 1);
  }

  Function batchNorm(long channels) {
    TensorOptional scale = new TensorOptional(parameter(constant(1, channels)));
    TensorOptional shift = new TensorOptional(parameter(constant(0, channels)));
    TensorOptional mean = new TensorOptional(constant(0, channels));
    TensorOptional variance = new TensorOptional(constant(1, channels));
    return x -> torch.batch_norm(x, scale, shift, mean, variance, true, MOMENTUM, EPSILON, false);
  }
}
