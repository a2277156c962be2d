package org.hypergrad.nn.data.image;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.hypergrad.nn.data.DataException;

/**
 * ImageNet, or a set in its form.
 *
 * @param train images to learn from
 * @param validation images to judge by, with the same classes
 * @param classNames what to call the classes, at the places of their labels
 */
public record ImageNet(ImageIndex train, ImageIndex validation, List<String> classNames) {
  /** Mean of red, green and blue, where a pixel of 255 counts as 1: torchvision's. */
  public static final List<Double> MEAN = List.of(0.485, 0.456, 0.406);

  /** Standard deviation of red, green and blue, in the same unit: torchvision's. */
  public static final List<Double> STD = List.of(0.229, 0.224, 0.225);

  private static final List<String> SYNSET_LISTS =
      List.of("LOC_synset_mapping.txt", "synset_words.txt", "synsets.txt");
  private static final String GROUND_TRUTH = "ILSVRC2012_validation_ground_truth.txt";

  public ImageNet {
    classNames = List.copyOf(classNames);
  }

  /**
   * Lists the images of a folder. Its {@code train} has a folder or tar for each class. So may its
   * {@code val}; or that has all files, or a tar of them, and then there must be a list of the
   * classes ({@code LOC_synset_mapping.txt}, {@code synset_words.txt} or {@code synsets.txt}) and
   * {@code ILSVRC2012_validation_ground_truth.txt}, whose numbers count the lines of that list.
   *
   * <p>Labels follow the list of the classes if there is one, or else the order of their names.
   *
   * @throws DataException if any of it is missing, or what is there does not fit
   */
  public static ImageNet read(Path folder) {
    ImageFolder train = ImageFolder.classes(folder.resolve("train"));
    Path list = find(folder);
    if (list == null) {
      ImageIndex learned = train.index();
      ImageIndex judged = ImageFolder.classes(folder.resolve("val")).index();
      checkSame(learned, judged, folder);
      return new ImageNet(learned, judged, learned.classes());
    }
    Synsets synsets = Synsets.read(list);
    Path val = folder.resolve("val");
    Path groundTruth = folder.resolve(GROUND_TRUTH);
    ImageFolder validation =
        hasFolders(val) || !Files.exists(groundTruth)
            ? ImageFolder.classes(val).order(synsets)
            : ImageFolder.flat(val, synsets, groundTruth);
    return new ImageNet(train.order(synsets).index(), validation.index(), synsets.names());
  }

  private static Path find(Path folder) {
    return SYNSET_LISTS.stream()
        .map(folder::resolve)
        .filter(Files::exists)
        .findFirst()
        .orElse(null);
  }

  private static boolean hasFolders(Path folder) {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, Files::isDirectory)) {
      return entries.iterator().hasNext();
    } catch (IOException failure) {
      throw new DataException(
          folder.toString(), "cannot be listed", failure.toString(), "", "", failure);
    }
  }

  private static void checkSame(ImageIndex train, ImageIndex validation, Path folder) {
    if (!train.classes().equals(validation.classes())) {
      List<String> unknown =
          validation.classes().stream().filter(c -> !train.classes().contains(c)).toList();
      List<String> missing =
          train.classes().stream().filter(c -> !validation.classes().contains(c)).toList();
      throw new DataException(
          folder.toString(),
          "train and val have different classes",
          unknown.size()
              + " in val alone, "
              + missing.size()
              + " in train alone: "
              + unknown.stream().limit(5).toList()
              + ", "
              + missing.stream().limit(5).toList(),
          "the same classes in both",
          "",
          null);
    }
  }
}
