package org.hypergrad.examples.cifar10;

import java.io.PrintWriter;
import org.hypergrad.examples.experiment.Images;
import org.hypergrad.examples.sweep.Study;
import org.hypergrad.examples.sweep.SweepProgram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Sweeps settings of All-CNN-C on CIFAR-10. */
@Command(name = "cifar10")
public final class Cifar10Sweep extends SweepProgram {
  @Mixin private CifarOptions data;

  @Override
  protected Study study() {
    return new Cifar10Study();
  }

  @Override
  protected Images images(PrintWriter text) {
    return data.images(text);
  }
}
