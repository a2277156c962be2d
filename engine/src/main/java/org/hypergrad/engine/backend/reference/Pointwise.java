package org.hypergrad.engine.backend.reference;

import org.hypergrad.engine.Shape;
import org.hypergrad.engine.op.Binary;
import org.hypergrad.engine.op.Compare;
import org.hypergrad.engine.op.Keeps;
import org.hypergrad.engine.op.Unary;

/** Ops that take one element of each input. */
final class Pointwise {
  private Pointwise() {}

  static Values unary(Unary op, Values x) {
    return Values.generate(x.shape(), i -> op.kind().value(x.data()[i], op.a(), op.b()));
  }

  static Values unaryGradient(Unary.Gradient op, Values[] in) {
    double[] dy = in[0].data();
    double[] kept = in[in.length - 1].data();
    boolean input = op.kind().keeps() == Keeps.INPUT;
    boolean output = op.kind().keeps() == Keeps.OUTPUT;
    return Values.generate(
        in[0].shape(),
        i ->
            op.kind()
                .gradient(
                    dy[i],
                    input ? kept[i] : Double.NaN,
                    output ? kept[i] : Double.NaN,
                    op.a(),
                    op.b()));
  }

  static Values binary(Binary op, Values x, Values y, Shape shape) {
    double[] a = x.broadcast(shape).data();
    double[] b = y.broadcast(shape).data();
    return Values.generate(shape, i -> op.kind().value(a[i], b[i]));
  }

  static Values binaryGradient(Binary.Gradient op, Values[] in) {
    Shape shape = in[0].shape();
    double[] dz = in[0].data();
    double[] x = in[1].broadcast(shape).data();
    double[] y = in[2].broadcast(shape).data();
    return Values.generate(
        shape,
        i ->
            op.second()
                ? op.kind().gradientY(dz[i], x[i], y[i])
                : op.kind().gradientX(dz[i], x[i], y[i]));
  }

  static Values compare(Compare op, Values x, Values y, Shape shape) {
    double[] a = x.broadcast(shape).data();
    double[] b = y.broadcast(shape).data();
    return Values.generate(shape, i -> op.kind().test(a[i], b[i]) ? 1 : 0);
  }

  static Values where(Values[] in, Shape shape) {
    double[] condition = in[0].broadcast(shape).data();
    double[] x = in[1].broadcast(shape).data();
    double[] y = in[2].broadcast(shape).data();
    return Values.generate(shape, i -> condition[i] != 0 ? x[i] : y[i]);
  }
}
