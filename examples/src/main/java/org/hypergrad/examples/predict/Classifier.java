package org.hypergrad.examples.predict;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.data.image.ImageDecoder;

/** A trained network that names what is on images. It is of the device on which it was loaded. */
final class Classifier implements AutoCloseable {
  private static final int COLOURS = 3;

  private final ModelCard card;
  private final Module model;

  private Classifier(ModelCard card, Module model) {
    this.card = card;
    this.model = model;
  }

  /** One of the classes, and how likely the network takes it to be. */
  record Guess(String name, double probability) {}

  /**
   * Loads a network.
   *
   * @throws org.hypergrad.nn.save.CheckpointException if the file is damaged, or does not say of
   *     what network it is
   */
  static Classifier load(Path file) {
    ModelCard card = ModelCard.of(file);
    Module model = card.architecture().make(card);
    try {
      card.architecture().load(model, file);
      model.eval();
      return new Classifier(card, model);
    } catch (RuntimeException | Error failure) {
      model.close();
      throw failure;
    }
  }

  /**
   * Classifies an image file.
   *
   * @return all classes, the likeliest first
   * @throws IOException if the file cannot be read
   * @throws org.hypergrad.nn.data.DataException if it is no image, or damaged
   */
  List<Guess> classify(Path file) throws IOException {
    byte[] pixels = pixels(file.toString(), Files.readAllBytes(file));
    double[] probabilities =
        softmax(
            Scope.call(
                () -> {
                  Tensor image = Tensor.of(pixels, 1, card.channels(), card.size(), card.size());
                  return model.apply(card.preparation().apply(image)).toFloats();
                }));
    return IntStream.range(0, probabilities.length)
        .mapToObj(i -> new Guess(card.classes().get(i), probabilities[i]))
        .sorted(Comparator.comparingDouble(Guess::probability).reversed())
        .toList();
  }

  /** [channels, size, size] of the middle of an image. */
  private byte[] pixels(String source, byte[] file) {
    int area = card.size() * card.size();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment target = arena.allocate((long) COLOURS * area);
      ImageDecoder.fastest()
          .read(
              source,
              file,
              card.architecture().framing(card.size()),
              new SplittableRandom(0),
              target);
      byte[] colours = target.toArray(ValueLayout.JAVA_BYTE);
      return card.channels() == COLOURS ? colours : gray(colours, area);
    }
  }

  /** Luma by ITU-R BT.601: 0.299 R + 0.587 G + 0.114 B. */
  private static byte[] gray(byte[] colours, int area) {
    byte[] gray = new byte[area];
    for (int i = 0; i < area; i++) {
      int luma =
          299 * Byte.toUnsignedInt(colours[i])
              + 587 * Byte.toUnsignedInt(colours[area + i])
              + 114 * Byte.toUnsignedInt(colours[2 * area + i]);
      gray[i] = (byte) ((luma + 500) / 1000);
    }
    return gray;
  }

  private static double[] softmax(float[] scores) {
    double[] terms = IntStream.range(0, scores.length).mapToDouble(i -> scores[i]).toArray();
    double greatest = DoubleStream.of(terms).max().orElseThrow();
    double sum = DoubleStream.of(terms).map(s -> Math.exp(s - greatest)).sum();
    return DoubleStream.of(terms).map(s -> Math.exp(s - greatest) / sum).toArray();
  }

  @Override
  public void close() {
    model.close();
  }
}
