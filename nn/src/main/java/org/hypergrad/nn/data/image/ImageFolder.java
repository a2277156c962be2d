package org.hypergrad.nn.data.image;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.hypergrad.nn.data.DataException;

/**
 * Images in a folder, and how their classes are told. {@link #index} lists them.
 *
 * <p>Images are the files ending in {@code .jpeg}, {@code .jpg} or {@code .png}, in small letters
 * or capitals. What begins with a dot is left aside. Members of a tar are read where they are in
 * it.
 *
 * <p>A list is kept in a file beside the folder ({@code .NAME.index}), or if that cannot be
 * written, in the user's folder for caches, and used again as long as no folder or tar in it has
 * changed by its time or size. A file that gets other content under its name is noticed when it is
 * read, if its size is another.
 */
public final class ImageFolder {
  private final Path root;
  private final Synsets synsets;
  private final Path groundTruth;
  private final boolean emptyAllowed;
  private final ListingCache cache;

  private ImageFolder(
      Path root, Synsets synsets, Path groundTruth, boolean emptyAllowed, ListingCache cache) {
    this.root = root;
    this.synsets = synsets;
    this.groundTruth = groundTruth;
    this.emptyAllowed = emptyAllowed;
    this.cache = cache;
  }

  /**
   * Each folder in it is a class, and so is each tar: {@code n01440764.tar} is class {@code
   * n01440764}. Labels follow the names' order by Unicode code point.
   *
   * @throws DataException if it is no folder
   */
  public static ImageFolder classes(Path root) {
    return new ImageFolder(check(root), null, null, false, ListingCache.of(root));
  }

  /**
   * All images are in the folder itself, or in tars in it: the i-th by name is of the class whose
   * number line i of the ground truth has.
   *
   * @param groundTruth such as {@code ILSVRC2012_validation_ground_truth.txt}: on each line a
   *     number, from 1 on, of a line of the list of classes
   * @throws DataException if it is no folder
   */
  public static ImageFolder flat(Path root, Synsets synsets, Path groundTruth) {
    return new ImageFolder(check(root), synsets, groundTruth, false, ListingCache.of(root));
  }

  private static Path check(Path root) {
    if (!Files.isDirectory(root)) {
      throw new DataException(
          root.toString(), "is not a folder", "", "a folder of images", "", null);
    }
    return root;
  }

  /** With labels in the order of this list, of which each class must be there. */
  public ImageFolder order(Synsets synsets) {
    return new ImageFolder(root, synsets, groundTruth, emptyAllowed, cache);
  }

  /** Classes without an image are no error. */
  public ImageFolder allowEmptyClasses() {
    return new ImageFolder(root, synsets, groundTruth, true, cache);
  }

  /** With the list kept elsewhere. */
  ImageFolder cache(ListingCache cache) {
    return new ImageFolder(root, synsets, groundTruth, emptyAllowed, cache);
  }

  /**
   * Lists the images, or takes the list that was kept.
   *
   * @throws DataException if there is none, a class has none, a class is there twice or not in the
   *     list of classes, a tar is damaged, or there are not as many images as lines of ground truth
   */
  public ImageIndex index() {
    try {
      return groundTruth == null ? byContainer() : byGroundTruth();
    } catch (IOException failure) {
      throw bad("cannot be listed", failure.toString(), "folders and tars of images", failure);
    }
  }

  private ImageIndex byContainer() throws IOException {
    Listing listing = cache.get(root, containers(true));
    checkEmpty(listing);
    List<String> found = listing.containers().stream().map(Container::className).toList();
    List<String> classes = synsets == null ? found : synsets.ids();
    checkNames(found, classes);
    int[] labels = new int[count(listing)];
    int at = 0;
    for (int i = 0; i < found.size(); i++) {
      int size = listing.images().get(i).size();
      Arrays.fill(labels, at, at + size, classes.indexOf(found.get(i)));
      at += size;
    }
    return new ImageIndex(root, classes, listing, labels);
  }

  private ImageIndex byGroundTruth() throws IOException {
    List<String> tars = containers(false);
    Listing listing = cache.get(root, tars.isEmpty() ? List.of("") : tars);
    int[] labels = synsets.readGroundTruth(groundTruth);
    if (labels.length != count(listing)) {
      throw new DataException(
          root.toString(),
          "has not as many images as the ground truth has lines",
          count(listing) + " images, " + labels.length + " lines in " + groundTruth,
          "one line for each image",
          "",
          null);
    }
    return new ImageIndex(root, synsets.ids(), listing, labels);
  }

  private static int count(Listing listing) {
    return listing.images().stream().mapToInt(List::size).sum();
  }

  /** Names of the tars in the folder, and of the folders if they are wanted. */
  private List<String> containers(boolean folders) throws IOException {
    List<String> names = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(root)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        boolean wanted = Files.isDirectory(entry) ? folders : name.endsWith(Container.TAR);
        if (wanted && !name.startsWith(".")) {
          names.add(name);
        }
      }
    }
    names.sort(Listing.BY_NAME);
    return names;
  }

  private void checkEmpty(Listing listing) {
    if (count(listing) == 0) {
      throw bad(
          "has no images in classes",
          listing.containers().size() + " folders and tars",
          "a folder or tar of images for each class",
          null);
    }
    List<String> empty = new ArrayList<>();
    for (int i = 0; i < listing.containers().size(); i++) {
      if (listing.images().get(i).isEmpty()) {
        empty.add(listing.containers().get(i).name());
      }
    }
    if (!empty.isEmpty() && !emptyAllowed) {
      throw new DataException(
          root.toString(),
          "classes have no images",
          String.join(", ", empty),
          "a .jpeg, .jpg or .png in each",
          "remove their folders, or allowEmptyClasses() if that is meant",
          null);
    }
  }

  private void checkNames(List<String> found, List<String> classes) {
    Set<String> seen = new HashSet<>();
    for (String name : found) {
      if (!seen.add(name)) {
        throw bad("has a class twice", name + " and " + name + Container.TAR, "one of them", null);
      }
    }
    Set<String> missing = new HashSet<>(classes);
    missing.removeAll(seen);
    seen.removeAll(new HashSet<>(classes));
    if (!seen.isEmpty() || !missing.isEmpty()) {
      throw bad(
          "has not the classes of the list",
          missing.size() + " missing " + some(missing) + ", " + seen.size() + " more " + some(seen),
          "those in " + synsets.source(),
          null);
    }
  }

  private static List<String> some(Set<String> names) {
    return names.stream().sorted(Listing.BY_NAME).limit(5).toList();
  }

  private DataException bad(String problem, String got, String expected, Throwable cause) {
    return new DataException(root.toString(), problem, got, expected, "", cause);
  }
}
