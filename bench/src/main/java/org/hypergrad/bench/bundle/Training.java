package org.hypergrad.bench.bundle;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Loss;
import org.hypergrad.nn.Sequential;
import org.hypergrad.nn.data.Dataset;
import org.hypergrad.nn.data.Idx;
import org.hypergrad.nn.data.IdxDataset;
import org.hypergrad.nn.data.Loader;
import org.hypergrad.nn.data.Mnist;
import org.hypergrad.nn.layer.Activation;
import org.hypergrad.nn.layer.BatchNorm2d;
import org.hypergrad.nn.layer.Conv2d;
import org.hypergrad.nn.layer.Dropout;
import org.hypergrad.nn.layer.Flatten;
import org.hypergrad.nn.layer.Linear;
import org.hypergrad.nn.layer.MaxPool2d;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.Sgd;
import org.hypergrad.nn.train.Callback;
import org.hypergrad.nn.train.StepResult;
import org.hypergrad.nn.train.Trainer;

/**
 * Trains two small nets and holds their losses against those of another device: the net of the
 * MNIST example, and a convolutional one with batch normalisation and dropout.
 */
public final class Training {
  private static final String IMAGES = "/org/hypergrad/examples/fashion-mnist/t10k-";
  private static final int BATCH = 32;

  /** Steps in which rounding has not grown yet. */
  private static final int FIRST = 20;

  private static final double FIRST_TOLERANCE = 1e-4;

  /**
   * Training multiplies differences of rounding: after 200 steps of the convolutional net the
   * processor's losses are 3e-3 from the reference's.
   */
  private static final double TOLERANCE = 2e-2;

  private static final ObjectMapper JSON = new ObjectMapper();

  private enum Net {
    MNIST(0.005) {
      @Override
      Sequential build(Generator random) {
        return Sequential.of(
            new Flatten(),
            new Linear(random, 784, 100),
            Activation.relu(),
            new Linear(random, 100, 100),
            Activation.relu(),
            new Linear(random, 100, 100),
            Activation.relu(),
            new Linear(random, 100, 10));
      }
    },
    CONVOLUTIONAL(0.001) {
      @Override
      Sequential build(Generator random) {
        return Sequential.of(
            Conv2d.builder(1, 8, 3).padding(1).withoutBias().build(random),
            new BatchNorm2d(8),
            Activation.relu(),
            new MaxPool2d(2),
            Conv2d.builder(8, 16, 3).stride(2).build(random),
            Activation.relu(),
            new Flatten(),
            new Dropout(random, 0.1),
            new Linear(random, 16 * 6 * 6, 10));
      }
    };

    private final double rate;

    Net(double rate) {
      this.rate = rate;
    }

    abstract Sequential build(Generator random);

    Rule rule() {
      return new Sgd(rate).momentum(0.9);
    }
  }

  private Training() {}

  /**
   * Takes {@code record}, the file to write and the number of steps; or {@code compare}, the file
   * to write, the number of steps and the file that was recorded. The exit code is 1 if they
   * differ.
   */
  public static void main(String[] args) throws IOException {
    int steps = Integer.parseInt(args[2]);
    if (args[0].equals("record")) {
      Map<Net, List<Double>> losses = new LinkedHashMap<>();
      for (Net net : Net.values()) {
        losses.put(net, losses(Device.cpu(), net, steps));
      }
      JSON.writeValue(Path.of(args[1]).toFile(), losses);
      return;
    }
    Map<Net, List<Double>> recorded =
        JSON.readValue(Path.of(args[3]).toFile(), new TypeReference<>() {});
    Device device = Device.named(Facts.device());
    List<Map<String, Object>> results = new ArrayList<>();
    boolean agree = true;
    for (Net net : Net.values()) {
      Map<String, Object> result = compare(device, net, recorded.get(net), steps);
      agree &= (boolean) result.get("agree");
      results.add(result);
    }
    JSON.writerWithDefaultPrettyPrinter().writeValue(Path.of(args[1]).toFile(), results);
    System.exit(agree ? 0 : 1);
  }

  private static List<Double> losses(Device device, Net net, int steps) throws IOException {
    Dataset images = images();
    List<Double> losses = new ArrayList<>();
    device.run(
        () ->
            Scope.run(
                () -> {
                  try (Sequential model = net.build(new Generator(1));
                      Optimizer optimizer = Optimizer.of(net.rule(), model.parameters())) {
                    new Trainer(model, Loss.crossEntropy(), optimizer)
                        .maxSteps(steps)
                        .callback(
                            new Callback() {
                              @Override
                              public void stepped(Trainer of, StepResult step) {
                                losses.add(step.loss());
                              }
                            })
                        .fit(Loader.of(images, BATCH).shuffle(1).threads(1), steps);
                  }
                }));
    return losses;
  }

  /** The images that come with the examples. */
  private static Dataset images() throws IOException {
    try (InputStream images = Mnist.class.getResourceAsStream(IMAGES + "images-idx3-ubyte.gz");
        InputStream labels = Mnist.class.getResourceAsStream(IMAGES + "labels-idx1-ubyte.gz")) {
      return IdxDataset.of(
          Idx.images(IMAGES + "images", images),
          Idx.labels(IMAGES + "labels", labels),
          Mnist.CLASSES);
    }
  }

  private static Map<String, Object> compare(
      Device device, Net net, List<Double> recorded, int steps) throws IOException {
    losses(device, net, 1);
    long start = System.nanoTime();
    List<Double> losses = losses(device, net, steps);
    double milliseconds = (System.nanoTime() - start) / (1e6 * steps);
    double first = difference(losses, recorded, Math.min(FIRST, steps));
    double all = difference(losses, recorded, steps);
    boolean agree = first <= FIRST_TOLERANCE && all <= TOLERANCE;
    System.out.printf(
        "%n%s net, %d steps on %s: loss %.6f to %.6f, recorded %.6f to %.6f; %s: relative"
            + " difference %.1e in the first %d steps (at most %.0e), %.1e in all (at most %.0e);"
            + " %.2f ms a step%n",
        net.name().toLowerCase(),
        steps,
        device,
        losses.getFirst(),
        losses.getLast(),
        recorded.getFirst(),
        recorded.get(steps - 1),
        agree ? "agrees" : "DIFFERS",
        first,
        Math.min(FIRST, steps),
        FIRST_TOLERANCE,
        all,
        TOLERANCE,
        milliseconds);
    Map<String, Object> result = new LinkedHashMap<>();
    result.put("net", net);
    result.put("agree", agree);
    result.put("first_difference", first);
    result.put("difference", all);
    result.put("milliseconds_per_step", milliseconds);
    result.put("losses", losses);
    result.put("recorded", recorded.subList(0, steps));
    return result;
  }

  /** Greatest relative difference; not a number if one is. */
  private static double difference(List<Double> losses, List<Double> recorded, int steps) {
    double greatest = 0;
    for (int i = 0; i < steps; i++) {
      greatest =
          Math.max(greatest, Math.abs(losses.get(i) - recorded.get(i)) / Math.abs(recorded.get(i)));
    }
    return greatest;
  }
}
