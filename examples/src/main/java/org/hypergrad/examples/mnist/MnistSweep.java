package org.hypergrad.examples.mnist;

import java.io.PrintWriter;
import org.hypergrad.examples.experiment.Images;
import org.hypergrad.examples.experiment.MnistOptions;
import org.hypergrad.examples.sweep.Study;
import org.hypergrad.examples.sweep.SweepProgram;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Sweeps settings of the network of 784-100-100-100-10 units. */
@Command(name = "mnist")
public final class MnistSweep extends SweepProgram {
  @Mixin private MnistOptions data;

  @Override
  protected Study study() {
    return new MnistStudy();
  }

  @Override
  protected Images images(PrintWriter text) {
    return data.images(text);
  }
}
