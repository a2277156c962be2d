package org.hypergrad.engine.cuda;

import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.EngineException;
import org.hypergrad.kernels.SimulatedDriver;

/**
 * A program in which a kernel fails while it runs. Prints the message of each call from then on,
 * for {@link StoppedDeviceTest}.
 */
final class StoppedDevice {
  private StoppedDevice() {}

  public static void main(String[] args) {
    Device.simulated().run(() -> Scope.run(StoppedDevice::work));
  }

  private static void work() {
    Tensor x = Tensor.ones(3, 5);
    SimulatedDriver.fail("kernel:1");
    Tensor y = x.exp();
    print("read", y::toFloats);
    print("op", x::neg);
    print("product", () -> x.matmul(x.transpose()));
    print("upload", () -> Tensor.zeros(2));
    System.out.println("closed without a word more");
  }

  private static void print(String what, Runnable call) {
    try {
      call.run();
      System.out.println(what + " worked");
    } catch (EngineException failure) {
      System.out.println(what + " | " + failure.getMessage().replace('\n', ' '));
    }
  }
}
