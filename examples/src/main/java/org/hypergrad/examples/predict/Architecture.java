package org.hypergrad.examples.predict;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.BiFunction;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.examples.mnist.Network;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.data.image.Framing;
import org.hypergrad.nn.model.AllCnn;
import org.hypergrad.nn.model.ResNet;
import org.hypergrad.nn.save.StateDict;
import org.hypergrad.nn.save.Weights;

/** The networks that the programs train. */
public enum Architecture {
  /** 784-100-100-100-10, for gray images of 28 x 28 pixels. */
  MLP("mlp-784-100-100-100-10", (_, random) -> Network.of(random)),
  /** All-CNN-C, for images of 32 x 32 pixels. */
  ALL_CNN_C("all-cnn-c", Architecture::allCnn),
  /** ResNet-18. */
  RESNET18("resnet18", (card, random) -> resNet(ResNet.resNet18(), card, random)),
  /** ResNet-34. */
  RESNET34("resnet34", (card, random) -> resNet(ResNet.resNet34(), card, random)),
  /** ResNet-50. */
  RESNET50("resnet50", (card, random) -> resNet(ResNet.resNet50(), card, random));

  private final String text;
  private final BiFunction<ModelCard, Generator, Module> maker;

  Architecture(String text, BiFunction<ModelCard, Generator, Module> maker) {
    this.text = text;
    this.maker = maker;
  }

  private static Module allCnn(ModelCard card, Generator random) {
    AllCnn.Builder builder =
        AllCnn.builder().channels(card.channels()).classes(card.classes().size());
    return (card.batchNorm() ? builder.batchNorm() : builder).build(random);
  }

  private static Module resNet(ResNet.Builder builder, ModelCard card, Generator random) {
    return builder.classes(card.classes().size()).build(random);
  }

  /** Whether pictures are framed, and files laid out, as torchvision has it. */
  private boolean isResNet() {
    return this == RESNET18 || this == RESNET34 || this == RESNET50;
  }

  /** Loads a file of its weights. */
  void load(Module model, Path file) {
    if (isResNet()) {
      StateDict.load(model, file);
    } else {
      Weights.load(model, file);
    }
  }

  /** The network of a card, with first weights. */
  Module make(ModelCard card) {
    return maker.apply(card, new Generator(0));
  }

  /** What of a picture becomes an input: as much as was seen of those that were trained on. */
  Framing framing(int size) {
    return isResNet() ? Framing.centreCrop(size) : new WholePicture(size);
  }

  /**
   * By its name.
   *
   * @throws IllegalArgumentException if there is none
   */
  static Architecture named(String text) {
    return Arrays.stream(values())
        .filter(a -> a.text.equals(text))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException("architecture \"" + text + "\", which is not known"));
  }

  /** The name in files. */
  @Override
  public String toString() {
    return text;
  }
}
