package org.hypergrad.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.nn.data.Batches;
import org.hypergrad.nn.data.ImagePreparation;
import org.hypergrad.nn.data.Loader;
import org.hypergrad.nn.data.image.Framing;
import org.hypergrad.nn.data.image.ImageDataset;
import org.hypergrad.nn.data.image.ImageDecoder;
import org.hypergrad.nn.data.image.ImageFolder;
import org.hypergrad.nn.data.image.ImageIndex;

/**
 * Prints how many images one core reads, decodes, crops at random to 224 x 224 and mirrors: with
 * libjpeg-turbo, with javax.imageio, and with torchvision and Pillow where a python3 has them. In
 * processor time of the whole process, which other work on the machine disturbs less than a clock.
 *
 * <p>torchvision normalises on the processor. Here that is the device's work; a second line has the
 * cost of it on the processor too. Last come steps of training while images are read.
 *
 * <p>Arguments: the folder of {@link #SCRIPT}, then folders that have a folder for each class.
 */
public final class ImagePipeline {
  private static final String SCRIPT = "torchvision_pipeline.py";
  private static final int SIZE = 224;
  private static final int BATCH = 32;

  /** Images that a decoder's code sees before it is timed, so that it is compiled. */
  private static final int WARM_UP = 2000;

  private static final int PASSES = 9;

  /** Images in a step of training. */
  private static final int STEP = 16;

  private static final ImagePreparation NORMALISED =
      ImagePreparation.normalise(List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225));

  /** The clock of processor time ticks a hundred times a second. */
  private static final int IMAGES_PER_PASS = 300;

  private static final OperatingSystemMXBean PROCESS =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private ImagePipeline() {}

  public static void main(String[] args) throws IOException, InterruptedException {
    Device cpu = Device.cpu();
    int threads = cpu.threads();
    for (String folder : Arrays.asList(args).subList(1, args.length)) {
      ImageIndex index = ImageFolder.classes(Path.of(folder)).index();
      cpu.setThreads(1);
      System.out.printf("%n%s%n", index);
      System.out.printf("%-52s%12s%12s%12s%n", "", "ms / image", "images / s", "ratio");
      double theirs = torchvision(Path.of(args[0], SCRIPT), folder);
      for (ImageDecoder decoder : List.of(ImageDecoder.libjpegTurbo(), ImageDecoder.imageIo())) {
        ImageDataset dataset =
            ImageDataset.of(index, Framing.randomResizedCrop(SIZE)).decoder(decoder);
        Loader bytes = Loader.of(dataset, BATCH).shuffle(1);
        Loader normalised = bytes.prepare(NORMALISED);
        print(decoder + ", bytes for the device", cpu.call(() -> median(bytes)), theirs);
        print(decoder + ", normalised here", cpu.call(() -> median(normalised)), theirs);
      }
      cpu.setThreads(threads);
      live(index, threads);
    }
  }

  private static void live(ImageIndex index, int readers) {
    ImageDataset dataset = ImageDataset.of(index, Framing.randomResizedCrop(SIZE));
    int batch = Math.min(STEP, dataset.size());
    LiveLoader.print(Loader.of(dataset, batch).shuffle(1).prepare(NORMALISED), readers);
  }

  private static void print(String what, double milliseconds, double theirs) {
    System.out.printf(
        "%-52s%12.3f%12.0f%12.2f%n",
        what, milliseconds, 1000 / milliseconds, theirs / milliseconds);
  }

  /** Milliseconds of processor time per image. */
  private static double median(Loader loader) {
    int size = loader.dataset().size();
    int epochs = Math.ceilDiv(IMAGES_PER_PASS, size);
    read(loader, Math.ceilDiv(WARM_UP, size));
    double[] times = new double[PASSES];
    for (int pass = 0; pass < PASSES; pass++) {
      long start = PROCESS.getProcessCpuTime();
      read(loader, epochs);
      times[pass] = (PROCESS.getProcessCpuTime() - start) / 1e6 / size / epochs;
    }
    Arrays.sort(times);
    return times[PASSES / 2];
  }

  private static void read(Loader loader, int epochs) {
    for (int epoch = 0; epoch < epochs; epoch++) {
      try (Batches batches = loader.epoch(epoch)) {
        while (batches.hasNext()) {
          Scope.run(batches::next);
        }
      }
    }
  }

  /** The same of torchvision; not a number where no python3 has it. */
  private static double torchvision(Path script, String folder)
      throws IOException, InterruptedException {
    String python = System.getenv().getOrDefault("PYTHON", "/usr/bin/python3");
    Process process =
        new ProcessBuilder(python, script.toString(), folder, String.valueOf(PASSES))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    List<String> lines = new ArrayList<>(process.inputReader().lines().toList());
    if (process.waitFor() != 0 || lines.size() != PASSES + 1) {
      System.out.printf("%s has no torchvision: Debian's package is python3-torchvision%n", python);
      return Double.NaN;
    }
    String name = lines.removeFirst();
    double[] times = lines.stream().mapToDouble(Double::parseDouble).sorted().toArray();
    print(name, times[PASSES / 2], times[PASSES / 2]);
    return times[PASSES / 2];
  }
}
