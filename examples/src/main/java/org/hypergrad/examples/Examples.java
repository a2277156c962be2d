package org.hypergrad.examples;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.hypergrad.engine.error.EngineException;
import org.hypergrad.examples.cifar10.Cifar10Command;
import org.hypergrad.examples.experiment.InterruptedRunException;
import org.hypergrad.examples.imagenet.ImageNetCommand;
import org.hypergrad.examples.mnist.MnistCommand;
import org.hypergrad.examples.predict.PredictCommand;
import org.hypergrad.examples.sweep.SweepCommand;
import org.hypergrad.examples.toy.ToyCommand;
import org.hypergrad.examples.whitening.WhiteningCommand;
import org.hypergrad.fop.HypergradientAt;
import org.hypergrad.fop.Order;
import org.hypergrad.fop.Preset;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;
import picocli.CommandLine.UnmatchedArgumentException;

/** The programs, by name. */
@Command(
    name = "examples/run",
    description = "Programs that train networks, and show what they learned.",
    mixinStandardHelpOptions = true,
    versionProvider = Doctor.Version.class,
    subcommands = {
      MnistCommand.class,
      ToyCommand.class,
      WhiteningCommand.class,
      Cifar10Command.class,
      ImageNetCommand.class,
      SweepCommand.class,
      PredictCommand.class,
      Xor.class,
      Doctor.class
    })
public final class Examples implements Runnable {
  private static final String RESUME = "--resume";

  @Spec private CommandSpec spec;

  /** Runs the program that is named first, and ends the JVM with its exit code. */
  public static void main(String[] args) {
    System.exit(
        commandLine(new PrintWriter(System.out, true), new PrintWriter(System.err, true))
            .execute(args));
  }

  /** Exit codes: 0 done, 1 failed with a message, 2 not understood, 128 + n ended by signal n. */
  static CommandLine commandLine(PrintWriter out, PrintWriter err) {
    return new CommandLine(new Examples())
        .setOut(out)
        .setErr(err)
        .setCaseInsensitiveEnumValuesAllowed(true)
        .registerConverter(Order.class, constant(Order.class))
        .registerConverter(Preset.class, constant(Preset.class))
        .registerConverter(HypergradientAt.class, constant(HypergradientAt.class))
        .setUsageHelpAutoWidth(true)
        .setParameterExceptionHandler(Examples::notUnderstood)
        .setExecutionExceptionHandler(Examples::failed);
  }

  /** Constants by names of small letters, with - for _. */
  private static <T extends Enum<T>> ITypeConverter<T> constant(Class<T> type) {
    return text ->
        Arrays.stream(type.getEnumConstants())
            .filter(c -> name(c).equals(text.toLowerCase(Locale.ROOT)))
            .findFirst()
            .orElseThrow(
                () ->
                    new TypeConversionException(
                        "no \"%s\"; there are %s"
                            .formatted(
                                text,
                                Arrays.stream(type.getEnumConstants())
                                    .map(Examples::name)
                                    .toList())));
  }

  private static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** The message alone: the whole help would push it off the screen. */
  private static int notUnderstood(ParameterException mistake, String[] arguments) {
    CommandLine line = mistake.getCommandLine();
    line.getErr().println(mistake.getMessage());
    UnmatchedArgumentException.printSuggestions(mistake, line.getErr());
    line.getErr().println("see " + line.getCommandSpec().qualifiedName() + " --help");
    return line.getCommandSpec().exitCodeOnInvalidInput();
  }

  private static int failed(Exception failure, CommandLine line, CommandLine.ParseResult parsed)
      throws Exception {
    switch (failure) {
      case InterruptedRunException wanted -> {
        line.getErr().println(wanted.getMessage() + howToGoOn(line, parsed));
        return wanted.exitCode();
      }
      case EngineException expected -> line.getErr().println(expected.getMessage());
      case IOException files -> line.getErr().println("cannot read or write: " + files);
      case UncheckedIOException files ->
          line.getErr().println("cannot read or write: " + files.getCause());
      default -> throw failure;
    }
    return 1;
  }

  private static String howToGoOn(CommandLine line, CommandLine.ParseResult parsed) {
    List<String> words = new ArrayList<>(List.of(line.getCommandSpec().root().name()));
    words.addAll(parsed.originalArgs());
    if (line.getCommandSpec().optionsMap().containsKey(RESUME) && !words.contains(RESUME)) {
      words.add(RESUME);
    }
    return words.stream()
        .map(
            word -> word.matches("[\\w@%+=:,./-]+") ? word : "'" + word.replace("'", "'\\''") + "'")
        .collect(Collectors.joining(" ", "; to go on:\n  ", ""));
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "which program?");
  }
}
