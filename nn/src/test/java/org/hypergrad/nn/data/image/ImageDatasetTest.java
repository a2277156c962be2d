package org.hypergrad.nn.data.image;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Spec;
import org.hypergrad.nn.data.Batch;
import org.hypergrad.nn.data.Batches;
import org.hypergrad.nn.data.DataException;
import org.hypergrad.nn.data.ImagePreparation;
import org.hypergrad.nn.data.Loader;
import org.hypergrad.nn.data.RealData;
import org.hypergrad.nn.data.Subset;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images as examples of a loader, bad ones among them. */
class ImageDatasetTest {
  @TempDir Path parent;
  private Path root;

  @BeforeEach
  void makeFolder() throws IOException {
    root = parent.resolve("images");
    for (int i = 0; i < 6; i++) {
      ImageFiles.write(root.resolve("c" + i / 3 + "/" + i + ".JPEG"), ImageFiles.gray(10 * i));
    }
  }

  private void spoil(int index) throws IOException {
    Files.writeString(root.resolve("c" + index / 3 + "/" + index + ".JPEG"), "text");
  }

  private ImageDataset dataset(Framing framing) {
    return ImageDataset.of(ImageFolder.classes(root).index(), framing);
  }

  private ImageDataset skipping() {
    return dataset(Framing.randomResizedCrop(4)).onBadImage(OnBadImage.SKIP);
  }

  /** The gray, which is also the first value, and the label of each image. */
  private static List<List<Integer>> examples(Loader loader) {
    List<List<Integer>> examples = new ArrayList<>();
    Scope.run(
        () -> {
          try (Batches batches = loader.epoch(0)) {
            while (batches.hasNext()) {
              Batch batch = batches.next();
              int[] pixels = batch.input().toInts();
              int[] labels = batch.target().toInts();
              for (int i = 0; i < labels.length; i++) {
                examples.add(List.of(pixels[i * pixels.length / labels.length], labels[i]));
              }
            }
          }
        });
    return examples;
  }

  private static List<List<Integer>> numbered(int... indices) {
    List<List<Integer>> examples = new ArrayList<>();
    for (int index : indices) {
      examples.add(List.of(10 * index, index / 3));
    }
    return examples;
  }

  @Test
  void examplesAreBytesAndLabels() {
    ImageDataset dataset = dataset(Framing.centreCrop(4));
    assertEquals(Spec.of(DType.UINT8, 3, 4, 4), dataset.input());
    assertEquals(Spec.of(DType.INT32), dataset.target());
    assertEquals(root.resolve("c1/4.JPEG").toString(), dataset.describe(4));
    assertEquals(numbered(0, 1, 2, 3, 4, 5), examples(Loader.of(dataset, 4)));
  }

  @Test
  void aBadImageIsAnErrorWithItsPath() throws IOException {
    spoil(2);
    Loader loader = Loader.of(dataset(Framing.centreCrop(4)), 6).threads(2);
    Scope.run(
        () -> {
          try (Batches batches = loader.epoch(0)) {
            var e = assertThrows(DataException.class, batches::next);
            assertEquals(root.resolve("c0/2.JPEG").toString(), e.source());
          }
        });
  }

  @Test
  void theNextGoodImageTakesABadOnesPlace() throws IOException {
    spoil(2);
    spoil(3);
    spoil(5);
    for (int threads : new int[] {0, 1, 4}) {
      ImageDataset dataset = skipping();
      for (int times = 0; times < 2; times++) {
        assertEquals(numbered(0, 1, 4, 4, 4, 0), examples(Loader.of(dataset, 2).threads(threads)));
        List<String> paths =
            Stream.of("c0/2.JPEG", "c1/3.JPEG", "c1/5.JPEG")
                .map(name -> root.resolve(name).toString())
                .toList();
        assertEquals(paths, dataset.skipped());
      }
    }
  }

  @Test
  void whatTakesItsPlaceIsOfTheSamePart() throws IOException {
    spoil(2);
    ImageDataset whole = skipping();
    assertEquals(numbered(0, 1, 0), examples(Loader.of(Subset.limit(whole, 3), 3)));
    assertEquals(numbered(5, 4, 5), examples(Loader.of(Subset.of(whole, 5, 4, 2), 3)));
    assertEquals(List.of(root.resolve("c0/2.JPEG").toString()), whole.skipped());
  }

  @Test
  void whereAllAreBadThereIsNothingToTake() throws IOException {
    for (int i = 0; i < 6; i++) {
      spoil(i);
    }
    Loader loader = Loader.of(skipping(), 2);
    Scope.run(
        () -> {
          try (Batches batches = loader.epoch(0)) {
            var e = assertThrows(DataException.class, batches::next);
            assertEquals("all images are bad", ((DataException) e.getCause()).problem());
          }
        });
  }

  @Test
  void aMissingFileIsNoBadImage() throws IOException {
    ImageDataset dataset = skipping();
    Files.delete(root.resolve("c0/1.JPEG"));
    Loader loader = Loader.of(dataset, 2);
    Scope.run(
        () -> {
          try (Batches batches = loader.epoch(0)) {
            var e = assertThrows(DataException.class, batches::next);
            assertEquals(root.resolve("c0/1.JPEG").toString(), e.source());
          }
        });
    assertEquals(List.of(), dataset.skipped());
  }

  /** Real images: the same for any number of threads, rank and place of entry. */
  @Test
  void augmentationDependsOnSeedEpochAndImageAlone() {
    Path folder = RealData.folder("imagenet").resolve("train");
    ListingCache nowhere = new ListingCache(List.of(parent.resolve("kept")));
    ImageIndex index = ImageFolder.classes(folder).cache(nowhere).index();
    ImageDataset dataset = ImageDataset.of(index, Framing.randomResizedCrop(32));
    Loader plain = Loader.of(dataset, 26).shuffle(5);
    List<List<Integer>> expected = examples(plain);
    assertEquals(130, expected.size());
    assertEquals(expected, examples(plain.threads(3)));
    assertEquals(expected, examples(Loader.of(dataset, 13).shuffle(5)));
    List<List<Integer>> first = examples(Loader.of(dataset, 13).shuffle(5).shard(1, 2));
    for (int i = 0; i < first.size(); i++) {
      assertEquals(expected.get(2 * i + 1), first.get(i));
    }
  }

  @Test
  void imagesAreNormalisedOnTheDevice() {
    List<Double> mean = List.of(0.485, 0.456, 0.406);
    List<Double> deviation = List.of(0.229, 0.224, 0.225);
    Loader loader =
        Loader.of(dataset(Framing.centreCrop(4)), 6)
            .prepare(ImagePreparation.normalise(mean, deviation));
    for (Device device : List.of(Device.reference(), Device.cpu())) {
      device.run(
          () ->
              Scope.run(
                  () -> {
                    try (Batches batches = loader.epoch(0)) {
                      float[] values = batches.next().input().toFloats();
                      for (int i = 0; i < values.length; i++) {
                        int channel = i / 16 % 3;
                        double gray = 10 * (i / 48) / 255.0;
                        assertEquals(
                            (gray - mean.get(channel)) / deviation.get(channel), values[i], 1e-6);
                      }
                    }
                  }));
    }
  }
}
