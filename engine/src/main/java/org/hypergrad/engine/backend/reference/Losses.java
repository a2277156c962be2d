package org.hypergrad.engine.backend.reference;

import org.hypergrad.engine.Shape;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.op.CrossEntropy;
import org.hypergrad.engine.op.Reduction;
import org.hypergrad.engine.op.Softmax;

/** Losses with labels. */
final class Losses {
  private Losses() {}

  /** Label of each example, and the weights of its target. */
  private static final class Targets {
    private final CrossEntropy op;
    private final Values logits;
    private final double[] labels;
    private final double[] weights;
    private final int classes;
    private final int inner;

    Targets(CrossEntropy op, Values logits, Values labels, Values weights) {
      this.op = op;
      this.logits = logits;
      this.labels = labels.data();
      this.weights = weights == null ? null : weights.data();
      this.classes = logits.extent(1);
      this.inner = logits.inner(1);
      for (double label : this.labels) {
        if (label != op.ignoredLabel() && (label < 0 || label >= classes)) {
          throw new ArgumentException(
              op.name(),
              "label out of range",
              "label " + (int) label + " with " + logits.shape(),
              "0 <= label < " + classes + ", or the ignored " + op.ignoredLabel(),
              "");
        }
      }
    }

    /** Place in the logits of class {@code c} of example {@code i}. */
    int at(int i, int c) {
      return (i / inner * classes + c) * inner + i % inner;
    }

    boolean ignored(int i) {
      return labels[i] == op.ignoredLabel();
    }

    double weight(int c) {
      return weights == null ? 1 : weights[c];
    }

    /** What -log softmax of class c is multiplied by. */
    double factor(int i, int c) {
      double smoothed = op.labelSmoothing() / classes;
      return weight(c) * (smoothed + (c == labels[i] ? 1 - op.labelSmoothing() : 0));
    }

    double total() {
      double total = 0;
      for (int i = 0; i < labels.length; i++) {
        total += ignored(i) ? 0 : weight((int) labels[i]);
      }
      return total;
    }
  }

  static Values crossEntropy(CrossEntropy op, Values[] in) {
    Targets targets = new Targets(op, in[0], in[1], in.length > 2 ? in[2] : null);
    Values logSoftmax = Reductions.softmax(new Softmax(1, true), in[0]);
    Values losses = Values.generate(in[1].shape(), i -> loss(targets, logSoftmax.data(), i));
    if (op.reduction() == Reduction.NONE) {
      return losses;
    }
    double sum = 0;
    for (double loss : losses.data()) {
      sum += loss;
    }
    double result = op.reduction() == Reduction.MEAN ? sum / targets.total() : sum;
    return Values.generate(Shape.SCALAR, i -> result);
  }

  private static double loss(Targets targets, double[] logSoftmax, int i) {
    double loss = 0;
    for (int c = 0; c < targets.classes && !targets.ignored(i); c++) {
      double factor = targets.factor(i, c);
      // A factor of 0 leaves the class out, even if its logarithm is infinite.
      loss -= factor == 0 ? 0 : factor * logSoftmax[targets.at(i, c)];
    }
    return loss;
  }

  static Values crossEntropyGradient(CrossEntropy.Gradient op, Values[] in) {
    CrossEntropy forward = op.forward();
    Targets targets = new Targets(forward, in[1], in[2], in.length > 3 ? in[3] : null);
    Values softmax = Reductions.softmax(new Softmax(1, false), in[1]);
    Values gradient = Values.zeros(in[1].shape());
    double total = targets.total();
    for (int i = 0; i < in[2].count(); i++) {
      if (targets.ignored(i)) {
        continue;
      }
      double dy = in[0].data()[forward.reduction() == Reduction.NONE ? i : 0];
      double scale = forward.reduction() == Reduction.MEAN ? dy / total : dy;
      double factors = 0;
      for (int c = 0; c < targets.classes; c++) {
        factors += targets.factor(i, c);
      }
      for (int c = 0; c < targets.classes; c++) {
        int at = targets.at(i, c);
        gradient.data()[at] = scale * (softmax.data()[at] * factors - targets.factor(i, c));
      }
    }
    return gradient;
  }
}
