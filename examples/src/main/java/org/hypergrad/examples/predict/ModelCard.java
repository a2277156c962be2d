package org.hypergrad.examples.predict;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.hypergrad.nn.data.ImagePreparation;
import org.hypergrad.nn.save.CheckpointException;
import org.hypergrad.nn.save.SafeTensors;

/**
 * What a file of weights says of its network, so that it can be made again and fed: as texts of the
 * file's metadata.
 *
 * @param architecture which network it is
 * @param batchNorm whether it has batch norm, where that is a choice
 * @param classes their names, by label
 * @param size columns and rows of an input
 * @param mean of each channel, where a pixel of 255 counts as 1
 * @param std standard deviation of each channel, in the same unit
 */
public record ModelCard(
    Architecture architecture,
    boolean batchNorm,
    List<String> classes,
    int size,
    List<Double> mean,
    List<Double> std) {
  private static final String ARCHITECTURE = "model.architecture";
  private static final String BATCH_NORM = "model.batch-norm";
  private static final String CLASSES = "model.classes";
  private static final String SIZE = "model.size";
  private static final String MEAN = "model.mean";
  private static final String STD = "model.std";

  public ModelCard {
    classes = List.copyOf(classes);
    mean = List.copyOf(mean);
    std = List.copyOf(std);
  }

  /** How images become inputs. */
  ImagePreparation preparation() {
    return ImagePreparation.normalise(mean, std);
  }

  /** Channels of an input: 1 gray, 3 red, green and blue. */
  int channels() {
    return mean.size();
  }

  /** For the metadata of a file. */
  public Map<String, String> texts() {
    return Map.of(
        ARCHITECTURE, architecture.toString(),
        BATCH_NORM, String.valueOf(batchNorm),
        CLASSES, String.join("\n", classes),
        SIZE, String.valueOf(size),
        MEAN, text(mean),
        STD, text(std));
  }

  private static String text(List<Double> numbers) {
    return numbers.stream().map(String::valueOf).collect(Collectors.joining(","));
  }

  /**
   * Names of the classes, by label, if a file says them; one with a network's weights alone does
   * not.
   *
   * @throws CheckpointException if it cannot be read
   */
  public static Optional<List<String>> classes(Path file) {
    return Optional.ofNullable(metadata(file).get(CLASSES)).map(names -> names.lines().toList());
  }

  private static Map<String, String> metadata(Path file) {
    try (SafeTensors in = SafeTensors.open(file)) {
      return in.metadata();
    }
  }

  /**
   * Reads what a file says.
   *
   * @throws CheckpointException if it cannot be read, or does not say enough
   */
  static ModelCard of(Path file) {
    Map<String, String> texts = metadata(file);
    try {
      return new ModelCard(
          Architecture.named(get(texts, ARCHITECTURE)),
          Boolean.parseBoolean(get(texts, BATCH_NORM)),
          get(texts, CLASSES).lines().toList(),
          Integer.parseInt(get(texts, SIZE)),
          numbers(get(texts, MEAN)),
          numbers(get(texts, STD)));
    } catch (IllegalArgumentException unsaid) {
      throw new CheckpointException(
          file,
          "does not say of what network it is",
          List.of(unsaid.getMessage()),
          "the texts "
              + String.join(", ", ARCHITECTURE, BATCH_NORM, CLASSES, SIZE, MEAN, STD)
              + " in its metadata",
          "take weights that one of the programs has written when it was done",
          unsaid);
    }
  }

  private static String get(Map<String, String> texts, String key) {
    String text = texts.get(key);
    if (text == null) {
      throw new IllegalArgumentException("no " + key);
    }
    return text;
  }

  private static List<Double> numbers(String text) {
    return Arrays.stream(text.split(",")).map(Double::valueOf).toList();
  }
}
