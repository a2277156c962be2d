package org.hypergrad.examples.imagenet;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.examples.comparison.Task;
import org.hypergrad.examples.predict.Architecture;
import org.hypergrad.examples.predict.ModelCard;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.data.image.ImageNet;
import org.hypergrad.nn.model.ResNet;
import org.hypergrad.nn.optim.Schedule;
import org.hypergrad.nn.save.StateDict;

/**
 * What a method is run with.
 *
 * @param network which, and how it starts
 * @param rate learning rate
 * @param momentum of the velocity, for methods that have one
 * @param hyperRate learning rate of what is learned beside the weights, by Adam
 * @param weightDecay an L2 penalty, as a part of the gradient
 * @param framing size of the images and whether they are augmented, as text
 */
record Settings(
    Network network,
    double rate,
    double momentum,
    double hyperRate,
    double weightDecay,
    List<String> framing)
    implements Task {
  /** Passes over the training images, as in the paper. */
  static final long EPOCHS = 60;

  /** Images in a step, as in the paper. */
  static final int BATCH = 256;

  /** Learning rate of the methods without Adam, as in the paper. */
  static final double RATE = 0.1;

  /** Learning rate of the methods with Adam, its usual one. */
  static final double ADAM_RATE = 1e-3;

  /** Epochs after which the rate is a tenth of what it was, as in the paper. */
  private static final long[] LOWER_AFTER = {25, 50};

  /**
   * A residual network.
   *
   * @param architecture one of the ResNets
   * @param size of its images
   * @param classes that it tells apart
   * @param zeroInit whether blocks start as their short cuts
   * @param weights to start from; null for random ones
   */
  record Network(Architecture architecture, int size, int classes, boolean zeroInit, Path weights) {
    ResNet make(Generator random) {
      ResNet.Builder builder =
          switch (architecture) {
            case RESNET18 -> ResNet.resNet18();
            case RESNET34 -> ResNet.resNet34();
            case RESNET50 -> ResNet.resNet50();
            case MLP, ALL_CNN_C -> throw new IllegalArgumentException(architecture.toString());
          };
      ResNet model = (zeroInit ? builder.zeroLastScales() : builder).classes(classes).build(random);
      try {
        if (weights != null) {
          StateDict.load(model, weights);
        }
        return model;
      } catch (RuntimeException | Error failure) {
        model.close();
        throw failure;
      }
    }
  }

  @Override
  public Settings withRate(double value) {
    return new Settings(network, value, momentum, hyperRate, weightDecay, framing);
  }

  @Override
  public ResNet network(Generator random) {
    return network.make(random);
  }

  @Override
  public Schedule schedule(long stepsPerEpoch) {
    return Schedule.steps(0.1, LOWER_AFTER[0] * stepsPerEpoch, LOWER_AFTER[1] * stepsPerEpoch);
  }

  @Override
  public Map<String, String> texts() {
    Map<String, String> texts = new TreeMap<>();
    texts.put("--model", network.architecture.toString());
    texts.put("--zero-init", String.valueOf(network.zeroInit));
    texts.put("--weights", String.valueOf(network.weights));
    texts.put("--lr", String.valueOf(rate));
    texts.put("--momentum", String.valueOf(momentum));
    texts.put("--m-rate", String.valueOf(hyperRate));
    texts.put("--weight-decay", String.valueOf(weightDecay));
    texts.put("--size", framing.get(0));
    texts.put("--no-augment", framing.get(1));
    return texts;
  }

  @Override
  public List<String> layers() {
    return Scope.call(
        () -> {
          try (ResNet model = network.make(new Generator(0))) {
            return model.parameters().stream()
                .filter(p -> p.role() == Role.CONV_KERNEL)
                .map(p -> p.name().replace(".weight", ""))
                .toList();
          }
        });
  }

  /** With torchvision's names. */
  @Override
  public void save(Module model, Path file, List<String> classes) {
    ModelCard card =
        new ModelCard(
            network.architecture, true, classes, network.size, ImageNet.MEAN, ImageNet.STD);
    StateDict.save(model, file, card.texts());
  }
}
