package org.hypergrad.examples.sweep;

import org.hypergrad.examples.cifar10.Cifar10Sweep;
import org.hypergrad.examples.mnist.MnistSweep;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Final accuracies over a grid of settings, with and without FOP (Figure 3 of the paper). */
@Command(
    name = "sweep",
    description = "Trains over a grid of settings, with and without FOP, in as many processes.",
    mixinStandardHelpOptions = true,
    subcommands = {Cifar10Sweep.class, MnistSweep.class})
public final class SweepCommand implements Runnable {
  @Spec private CommandSpec spec;

  @Override
  public void run() {
    throw new ParameterException(
        spec.commandLine(), "sweep of which program? " + spec.subcommands().keySet());
  }
}
