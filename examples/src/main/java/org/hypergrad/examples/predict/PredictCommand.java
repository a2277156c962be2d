package org.hypergrad.examples.predict;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.apache.commons.csv.CSVFormat;
import org.apache.commons.csv.CSVPrinter;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.examples.Table;
import org.hypergrad.nn.data.DataException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Classifies image files with a trained network. */
@Command(
    name = "predict",
    description = {
      "Says what a trained network takes to be on images: prints the likeliest classes of each,"
          + " with their probabilities in %%.",
      "",
      "Of each image (JPEG or PNG) the middle square is resized to the network's input; for a"
          + " network of gray images (those of MNIST are white on black) it is made gray.",
      ""
    },
    mixinStandardHelpOptions = true,
    sortOptions = false,
    showDefaultValues = true)
public final class PredictCommand implements Callable<Integer> {
  private static final List<String> HEADER = List.of("image", "rank", "class", "probability");

  @Spec private CommandSpec spec;

  @Option(
      names = "--model",
      paramLabel = "FILE",
      required = true,
      description = "Weights that a program has written when its training was done.")
  private Path model;

  @Option(names = "--top", paramLabel = "N", description = "Classes that are shown of each image.")
  private int top = 3;

  @Option(
      names = "--csv",
      paramLabel = "FILE",
      description = "Write all classes of all images there, as comma-separated values.",
      showDefaultValue = Visibility.NEVER)
  private Path csv;

  @Option(
      names = "--device",
      paramLabel = "NAME",
      description =
          "best, cuda or cuda:<n> (a GPU by its number), cpu, reference, or simulated (a GPU of"
              + " software: slow).")
  private String device = "best";

  @Parameters(paramLabel = "IMAGE", arity = "1..*", description = "The images.")
  private List<Path> images;

  @Override
  public Integer call() throws IOException {
    if (top < 1) {
      throw new ParameterException(spec.commandLine(), "--top must be at least 1");
    }
    Map<Path, List<Classifier.Guess>> guesses = new LinkedHashMap<>();
    List<String> problems = new ArrayList<>();
    Device.named(device).run(() -> Scope.run(() -> classify(guesses, problems)));
    PrintWriter text = spec.commandLine().getOut();
    if (!guesses.isEmpty()) {
      text.println(table(guesses));
    }
    if (csv != null) {
      write(guesses);
      text.println("written to " + csv);
    }
    problems.forEach(spec.commandLine().getErr()::println);
    return problems.isEmpty() ? 0 : 1;
  }

  /** Does what it can, and notes what cannot be read. */
  private void classify(Map<Path, List<Classifier.Guess>> guesses, List<String> problems) {
    try (Classifier classifier = Classifier.load(model)) {
      for (Path image : images) {
        try {
          guesses.put(image, classifier.classify(image));
        } catch (NoSuchFileException _) {
          problems.add(image + ": does not exist");
        } catch (IOException unreadable) {
          problems.add(image + ": cannot be read: " + unreadable.getMessage());
        } catch (DataException bad) {
          problems.add(bad.getMessage());
        }
      }
    }
  }

  private Table table(Map<Path, List<Classifier.Guess>> guesses) {
    int shown = Math.min(top, guesses.values().iterator().next().size());
    List<String> head = new ArrayList<>(List.of("image"));
    for (int i = 0; i < shown; i++) {
      head.addAll(List.of(i == 0 ? "class" : "or", "%"));
    }
    Table table = new Table(head.toArray(String[]::new));
    guesses.forEach(
        (image, all) -> {
          List<Object> row = new ArrayList<>(List.of(image));
          for (Classifier.Guess guess : all.subList(0, shown)) {
            row.addAll(List.of(guess.name(), Table.number(100 * guess.probability(), 1)));
          }
          table.row(row.toArray());
        });
    return table;
  }

  private void write(Map<Path, List<Classifier.Guess>> guesses) throws IOException {
    CSVFormat format = CSVFormat.DEFAULT.builder().setHeader(HEADER.toArray(String[]::new)).get();
    try (Writer writer = Files.newBufferedWriter(csv, StandardCharsets.UTF_8);
        CSVPrinter rows = new CSVPrinter(writer, format)) {
      for (Map.Entry<Path, List<Classifier.Guess>> image : guesses.entrySet()) {
        int rank = 0;
        for (Classifier.Guess guess : image.getValue()) {
          rows.printRecord(image.getKey(), ++rank, guess.name(), guess.probability());
        }
      }
    }
  }
}
