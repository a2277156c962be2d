package org.hypergrad.engine;

import org.hypergrad.engine.backend.Backend;
import org.hypergrad.engine.error.DeviceException;
import org.hypergrad.engine.op.Op;
import org.hypergrad.engine.op.ViewOp;

/**
 * The one way in which an op comes to run: check the inputs, infer the outputs, let the device's
 * backend fill them, note it on the tape.
 */
public final class Dispatch {
  private Dispatch() {}

  /**
   * Applies {@code op}; the results belong to the current scope. With no inputs, the op runs on the
   * current device.
   *
   * @throws DeviceException if the inputs lie on different devices
   */
  public static Tensor[] run(Op op, Tensor... in) {
    checkSameDevice(op.name(), in);
    Spec[] inputs = new Spec[in.length];
    for (int i = 0; i < in.length; i++) {
      inputs[i] = in[i].spec();
    }
    Spec[] outputs = op.infer(inputs);
    Tensor[] out =
        op instanceof ViewOp view
            ? new Tensor[] {view.view(in[0], outputs[0].shape())}
            : compute(in.length == 0 ? Device.current() : in[0].device(), op, in, outputs);
    Tape tape = Tape.recording();
    if (tape != null) {
      tape.record(op, in, out);
    }
    return out;
  }

  private static Tensor[] compute(Device device, Op op, Tensor[] in, Spec[] outputs) {
    Backend backend = device.backend();
    Tensor[] out = new Tensor[outputs.length];
    try {
      for (int i = 0; i < out.length; i++) {
        long[] strides = backend.layout(op, in, i, outputs[i]);
        out[i] = Tensor.allocate(device, op.name(), outputs[i], strides);
      }
      Profile profile = Context.current().profile;
      if (profile == null) {
        execute(device, op, in, out);
      } else {
        profile.measure(backend, op, in, out, () -> execute(device, op, in, out));
      }
      return out;
    } catch (RuntimeException | Error failure) {
      for (Tensor tensor : out) {
        if (tensor != null) {
          tensor.close();
        }
      }
      throw failure;
    }
  }

  static void checkSameDevice(String op, Tensor... in) {
    for (Tensor tensor : in) {
      tensor.checkOpen();
      if (!tensor.device().equals(in[0].device())) {
        throw new DeviceException(
            op,
            "operands on different devices",
            in[0].spec()
                + " on "
                + in[0].device()
                + " and "
                + tensor.spec()
                + " on "
                + tensor.device(),
            "one device",
            "move one with to(device)");
      }
    }
  }

  /** Backends make tensors on their own device, and nothing that they do is recorded. */
  private static void execute(Device device, Op op, Tensor[] in, Tensor[] out) {
    Context context = Context.current();
    Device deviceBefore = context.device;
    Tape tapeBefore = context.tape;
    context.device = device;
    context.tape = null;
    try {
      device.backend().run(op, in, out);
    } finally {
      context.device = deviceBefore;
      context.tape = tapeBefore;
    }
  }
}
