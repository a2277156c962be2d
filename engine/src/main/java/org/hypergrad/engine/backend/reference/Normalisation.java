package org.hypergrad.engine.backend.reference;

import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.op.BatchNorm;
import org.hypergrad.engine.op.LayerNorm;

/** Normalisation by statistics of groups of elements. */
final class Normalisation {
  private Normalisation() {}

  /**
   * Elements of x in groups of equal size with one mean each, and the scale that each element uses.
   *
   * @param group number of an element's group
   * @param parameter number of an element's scale and shift
   */
  private record Layout(int groups, int size, IntMap group, IntMap parameter) {
    static Layout ofChannels(Shape x) {
      int channels = (int) x.extent(1);
      int inner = Values.zeros(x).inner(1);
      IntMap channel = i -> i / inner % channels;
      return new Layout(
          channels, channels == 0 ? 0 : (int) (x.count() / channels), channel, channel);
    }

    static Layout ofRows(Shape x, int size) {
      return new Layout(
          size == 0 ? 0 : (int) (x.count() / size), size, i -> i / size, i -> i % size);
    }
  }

  @FunctionalInterface
  private interface IntMap {
    int of(int i);
  }

  private static double[] means(
      Layout layout, int count, java.util.function.IntToDoubleFunction f) {
    double[] means = new double[layout.groups];
    for (int i = 0; i < count; i++) {
      means[layout.group.of(i)] += f.applyAsDouble(i);
    }
    for (int g = 0; g < means.length; g++) {
      means[g] /= layout.size;
    }
    return means;
  }

  private static double[] variances(Layout layout, double[] x, double[] mean) {
    return means(
        layout,
        x.length,
        i -> {
          double d = x[i] - mean[layout.group.of(i)];
          return d * d;
        });
  }

  static void batchNorm(BatchNorm op, Tensor[] tensors, Values[] in, Tensor[] out) {
    Layout layout = Layout.ofChannels(in[0].shape());
    double[] mean = in[3].data();
    double[] variance = in[4].data();
    if (op.training()) {
      double[] batchMean = means(layout, in[0].count(), i -> in[0].data()[i]);
      double[] batchVariance = variances(layout, in[0].data(), batchMean);
      double n = layout.size;
      gather(op.momentum(), in[3], batchMean, 1).store(tensors[3]);
      gather(op.momentum(), in[4], batchVariance, n / (n - 1)).store(tensors[4]);
      tensors[3].changedInPlace();
      tensors[4].changedInPlace();
      mean = batchMean;
      variance = batchVariance;
    }
    normalise(layout, op.epsilon(), in, mean, variance, out);
  }

  private static Values gather(double momentum, Values running, double[] batch, double factor) {
    return Values.generate(
        running.shape(), c -> (1 - momentum) * running.data()[c] + momentum * factor * batch[c]);
  }

  static void layerNorm(LayerNorm op, Values[] in, Tensor[] out) {
    Layout layout = Layout.ofRows(in[0].shape(), in[1].count());
    double[] mean = means(layout, in[0].count(), i -> in[0].data()[i]);
    normalise(layout, op.epsilon(), in, mean, variances(layout, in[0].data(), mean), out);
  }

  private static void normalise(
      Layout layout, double epsilon, Values[] in, double[] mean, double[] variance, Tensor[] out) {
    Values inverse = Values.generate(out[2].shape(), g -> 1 / Math.sqrt(variance[g] + epsilon));
    Values.generate(
            in[0].shape(),
            i -> {
              int g = layout.group.of(i);
              int p = layout.parameter.of(i);
              double normal = (in[0].data()[i] - mean[g]) * inverse.data()[g];
              return in[1].data()[p] * normal + in[2].data()[p];
            })
        .store(out[0]);
    Values.generate(out[1].shape(), g -> mean[g]).store(out[1]);
    inverse.store(out[2]);
  }

  static void batchNormGradient(BatchNorm.Gradient op, Values[] in, Tensor[] out) {
    gradient(Layout.ofChannels(in[1].shape()), op.training(), in, out);
  }

  static void layerNormGradient(Values[] in, Tensor[] out) {
    gradient(Layout.ofRows(in[1].shape(), in[2].count()), true, in, out);
  }

  /**
   * With n the normalised x and g = dy scale: dx = inverse (g - mean(g) - n mean(g n)), where the
   * means fall away if the statistics are constants.
   */
  private static void gradient(Layout layout, boolean dependent, Values[] in, Tensor[] out) {
    double[] dy = in[0].data();
    double[] x = in[1].data();
    double[] scale = in[2].data();
    double[] mean = in[3].data();
    double[] inverse = in[4].data();
    double[] normal = new double[x.length];
    double[] g = new double[x.length];
    Values dscale = Values.zeros(out[1].shape());
    Values dshift = Values.zeros(out[2].shape());
    for (int i = 0; i < x.length; i++) {
      int group = layout.group.of(i);
      int p = layout.parameter.of(i);
      normal[i] = (x[i] - mean[group]) * inverse[group];
      g[i] = dy[i] * scale[p];
      dscale.data()[p] += dy[i] * normal[i];
      dshift.data()[p] += dy[i];
    }
    double[] meanG = means(layout, x.length, i -> g[i]);
    double[] meanGn = means(layout, x.length, i -> g[i] * normal[i]);
    Values.generate(
            in[1].shape(),
            i -> {
              int group = layout.group.of(i);
              double centred = dependent ? g[i] - meanG[group] - normal[i] * meanGn[group] : g[i];
              return inverse[group] * centred;
            })
        .store(out[0]);
    dscale.store(out[1]);
    dshift.store(out[2]);
  }
}
