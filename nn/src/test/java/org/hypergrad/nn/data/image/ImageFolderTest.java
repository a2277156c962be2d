package org.hypergrad.nn.data.image;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.hypergrad.nn.data.DataException;
import org.hypergrad.nn.data.RealData;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is listed, with which labels; that a list is kept, and made anew when it is old. */
class ImageFolderTest {
  @TempDir Path parent;
  private Path root;
  private ListingCache cache;

  @BeforeEach
  void makeFolder() throws IOException {
    root = Files.createDirectory(parent.resolve("a !b#c%20 ü"));
    cache = new ListingCache(List.of(parent.resolve("kept")));
  }

  private void write(String name, int gray) throws IOException {
    ImageFiles.write(root.resolve(name), ImageFiles.gray(gray));
  }

  private static List<String> names(ImageIndex index) {
    return IntStream.range(0, index.size()).mapToObj(index::describe).toList();
  }

  private static List<Integer> labels(ImageIndex index) {
    return IntStream.range(0, index.size()).mapToObj(index::label).toList();
  }

  private List<String> paths(String... names) {
    return Stream.of(names).map(name -> root.resolve(name).toString()).toList();
  }

  /** Case imagefolder-classes. */
  @Test
  void classesAndFilesAreThoseOfTheTree() throws IOException {
    write("a/1.JPEG", 1);
    write("a/2.jpeg", 2);
    write("b/x.jpg", 3);
    ImageFiles.write(root.resolve("a/.DS_Store"), new byte[1]);
    ImageFiles.write(root.resolve("a/notes.txt"), new byte[1]);
    write(".git/no.jpg", 4);
    Files.createDirectory(root.resolve("empty"));
    ImageFolder folder = ImageFolder.classes(root).cache(cache);
    var e = assertThrows(DataException.class, folder::index);
    assertEquals("empty", e.got());
    assertEquals(root.toString(), e.source());
    ImageIndex index = folder.allowEmptyClasses().index();
    assertEquals(List.of("a", "b", "empty"), index.classes());
    assertEquals(paths("a/1.JPEG", "a/2.jpeg", "b/x.jpg"), names(index));
    assertEquals(List.of(0, 0, 1), labels(index));
    assertArrayEquals(ImageFiles.gray(3), index.read(2));
  }

  @Test
  void namesAreSortedByCodePoint() throws IOException {
    for (String name : List.of("b", "B", "é", "\uFF5E", "\uD83D\uDE00", "10", "9")) {
      write(name + "/i.png", 0);
    }
    assertEquals(
        List.of("10", "9", "B", "b", "é", "\uFF5E", "\uD83D\uDE00"),
        ImageFolder.classes(root).cache(cache).index().classes());
  }

  @Test
  void aFolderWithoutImagesIsRefused() throws IOException {
    ImageFolder folder = ImageFolder.classes(root).cache(cache).allowEmptyClasses();
    assertThrows(DataException.class, folder::index);
    write("loose.png", 1);
    assertThrows(DataException.class, folder::index);
    Files.createDirectory(root.resolve("a"));
    var e = assertThrows(DataException.class, folder::index);
    assertEquals("has no images in classes", e.problem());
    Path nowhere = root.resolve("nowhere");
    var none = assertThrows(DataException.class, () -> ImageFolder.classes(nowhere));
    assertEquals(nowhere.toString(), none.source());
  }

  @Test
  void tarsAreReadWhereTheyAre() throws IOException {
    ImageFiles.tar(
        root.resolve("n02.tar"),
        Map.of(
            "n02_10.JPEG",
            ImageFiles.gray(10),
            "sub/n02_2.JPEG",
            ImageFiles.gray(2),
            ".hidden.JPEG",
            new byte[5],
            "read.me",
            new byte[700]));
    write("n01/z.png", 5);
    String longName = "x".repeat(150) + ".JPEG";
    ImageFiles.tar(root.resolve("n03.tar"), Map.of("i.jpg", ImageFiles.gray(7)));
    write("n01/" + longName, 6);
    ImageIndex index = ImageFolder.classes(root).cache(cache).index();
    assertEquals(List.of("n01", "n02", "n03"), index.classes());
    assertEquals(List.of(0, 0, 1, 1, 2), labels(index));
    assertEquals(
        paths(
            "n01/" + longName,
            "n01/z.png",
            "n02.tar!/n02_10.JPEG",
            "n02.tar!/sub/n02_2.JPEG",
            "n03.tar!/i.jpg"),
        names(index));
    int[] grays = {6, 5, 10, 2, 7};
    for (int i = 0; i < grays.length; i++) {
      assertArrayEquals(ImageFiles.gray(grays[i]), index.read(i), index.describe(i));
    }
    write("n03/j.jpg", 1);
    var twice =
        assertThrows(DataException.class, () -> ImageFolder.classes(root).cache(cache).index());
    assertEquals("n03 and n03.tar", twice.got());
  }

  @Test
  void aDamagedTarIsNamed() throws IOException {
    ImageFiles.write(root.resolve("n01.tar"), "this is no tar, but text".repeat(100).getBytes());
    var e = assertThrows(DataException.class, () -> ImageFolder.classes(root).cache(cache).index());
    assertEquals(root.resolve("n01.tar").toString(), e.source());
  }

  @Test
  void aFlatFolderHasLabelsFromTheGroundTruth() throws IOException {
    Path list = parent.resolve("LOC_synset_mapping.txt");
    Files.writeString(list, "n09 tench, Tinca tinca\nn01 goldfish\nn05\n");
    Path truth = parent.resolve("truth.txt");
    Files.writeString(truth, "2\n3\n1\n2\n");
    Map<String, byte[]> images =
        Map.of(
            "val_00000001.JPEG", ImageFiles.gray(1),
            "val_00000002.JPEG", ImageFiles.gray(2),
            "val_00000003.JPEG", ImageFiles.gray(3),
            "val_00000004.JPEG", ImageFiles.gray(4));
    for (var image : images.entrySet()) {
      ImageFiles.write(root.resolve("flat").resolve(image.getKey()), image.getValue());
    }
    ImageFiles.tar(root.resolve("tar/val.tar"), images);
    Synsets synsets = Synsets.read(list);
    assertEquals(List.of("tench, Tinca tinca", "goldfish", "n05"), synsets.names());
    for (String form : List.of("flat", "tar")) {
      ImageFolder folder = ImageFolder.flat(root.resolve(form), synsets, truth).cache(cache);
      ImageIndex index = folder.index();
      assertEquals(List.of("n09", "n01", "n05"), index.classes());
      assertEquals(List.of(1, 2, 0, 1), labels(index));
      assertArrayEquals(ImageFiles.gray(3), index.read(2));
    }
    ImageFolder flat = ImageFolder.flat(root.resolve("flat"), synsets, truth).cache(cache);
    Files.writeString(truth, "2\n3\n1\n");
    assertEquals(
        "4 images, 3 lines in " + truth, assertThrows(DataException.class, flat::index).got());
    for (String wrong : List.of("0", "4", "-1", "n01", "99999999999")) {
      Files.writeString(truth, "2\n" + wrong + "\n1\n1\n");
      var e = assertThrows(DataException.class, flat::index);
      assertEquals("\"" + wrong + "\" on line 2", e.got());
    }
  }

  @Test
  void imageNetsPartsHaveTheSameLabels() throws IOException {
    for (String name : List.of("train/n01", "train/n02", "val/n01", "val/n02")) {
      write(name + "/i.JPEG", 1);
    }
    ImageNet set = ImageNet.read(root);
    assertEquals(List.of(0, 1), labels(set.train()));
    assertEquals(List.of("n01", "n02"), set.classNames());
    Files.writeString(root.resolve("synset_words.txt"), "n02 carp\nn01 tench\n");
    ImageNet ordered = ImageNet.read(root);
    assertEquals(List.of(1, 0), labels(ordered.train()));
    assertEquals(List.of(1, 0), labels(ordered.validation()));
    assertEquals(List.of("carp", "tench"), ordered.classNames());
    write("val/n03/i.JPEG", 1);
    var e = assertThrows(DataException.class, () -> ImageNet.read(root));
    assertEquals("0 missing [], 1 more [n03]", e.got());
    Files.delete(root.resolve("synset_words.txt"));
    var alone = assertThrows(DataException.class, () -> ImageNet.read(root));
    assertEquals("1 in val alone, 0 in train alone: [n03], []", alone.got());
  }

  @Test
  void aFlatValidationIsFoundByItsGroundTruth() throws IOException {
    write("train/n01/i.JPEG", 1);
    write("train/n02/i.JPEG", 1);
    write("val/1.JPEG", 1);
    write("val/2.JPEG", 1);
    Files.writeString(root.resolve("synsets.txt"), "n01\nn02\n");
    Files.writeString(root.resolve("ILSVRC2012_validation_ground_truth.txt"), "2\n2\n");
    assertEquals(List.of(1, 1), labels(ImageNet.read(root).validation()));
  }

  @Test
  void aKeptListIsUsedAgain() throws IOException {
    write("a/1.JPEG", 1);
    ImageFiles.tar(root.resolve("b.tar"), Map.of("2.JPEG", ImageFiles.gray(2)));
    ImageIndex first = ImageFolder.classes(root).cache(cache).index();
    FileTime written = Files.getLastModifiedTime(parent.resolve("kept"));
    ImageIndex second = ImageFolder.classes(root).cache(cache).index();
    assertEquals(names(first), names(second));
    assertArrayEquals(ImageFiles.gray(2), second.read(1));
    assertEquals(written, Files.getLastModifiedTime(parent.resolve("kept")));
    try (Stream<Path> files = Files.list(parent)) {
      assertFalse(files.anyMatch(file -> file.toString().endsWith(".tmp")));
    }
  }

  @Test
  void aChangedTreeIsListedAnew() throws IOException {
    write("a/1.JPEG", 1);
    ImageFiles.tar(root.resolve("b.tar"), Map.of("2.JPEG", ImageFiles.gray(2)));
    ImageFolder folder = ImageFolder.classes(root).cache(cache);
    ImageIndex old = folder.index();
    write("a/3.JPEG", 3);
    assertEquals(paths("a/1.JPEG", "a/3.JPEG", "b.tar!/2.JPEG"), names(folder.index()));
    ImageFiles.tar(
        root.resolve("b.tar"), Map.of("2.JPEG", ImageFiles.gray(2), "4.JPEG", new byte[2000]));
    assertEquals(4, folder.index().size());
    write("c/1.JPEG", 1);
    assertEquals(List.of("a", "b", "c"), folder.index().classes());
    Files.delete(root.resolve("c/1.JPEG"));
    Files.delete(root.resolve("c"));
    assertEquals(List.of("a", "b"), folder.index().classes());
    ImageFiles.write(root.resolve("a/1.JPEG"), new byte[3]);
    var e = assertThrows(DataException.class, () -> old.read(0));
    assertEquals("has changed since it was indexed", e.problem());
    assertEquals(root.resolve("a/1.JPEG").toString(), e.source());
    Files.delete(root.resolve("a/1.JPEG"));
    assertEquals("cannot be read", assertThrows(DataException.class, () -> old.read(0)).problem());
  }

  @Test
  void aDamagedListOrAnothersIsNotUsed() throws IOException {
    write("a/1.JPEG", 1);
    ImageFolder folder = ImageFolder.classes(root).cache(cache);
    folder.index();
    Path kept = parent.resolve("kept");
    byte[] good = Files.readAllBytes(kept);
    for (int length = 0; length < good.length; length += 5) {
      Files.write(kept, Arrays.copyOf(good, length));
      assertEquals(1, folder.index().size());
      assertArrayEquals(good, Files.readAllBytes(kept), "written again after " + length);
    }
    Path other = Files.createDirectory(parent.resolve("other"));
    ImageFiles.write(other.resolve("a/9.JPEG"), ImageFiles.gray(9));
    assertEquals(
        List.of(other.resolve("a/9.JPEG").toString()),
        names(ImageFolder.classes(other).cache(cache).index()));
  }

  @Test
  void theNextPlaceIsTakenWhereTheFirstCannotBeWritten() throws IOException {
    write("a/1.JPEG", 1);
    Path file = Files.createFile(parent.resolve("file"));
    Path second = parent.resolve("caches/second");
    ListingCache places = new ListingCache(List.of(file.resolve("first"), second));
    assertEquals(1, ImageFolder.classes(root).cache(places).index().size());
    assertTrue(Files.exists(second));
    ListingCache none = new ListingCache(List.of(file.resolve("first")));
    assertEquals(1, ImageFolder.classes(root).cache(none).index().size());
  }

  @Test
  void aListIsKeptBesideTheFolder() {
    ListingCache places = ListingCache.of(root);
    assertEquals(parent.resolve(".a !b#c%20 ü.index"), places.places().getFirst());
    assertFalse(places.places().getLast().startsWith(parent));
  }

  @Test
  void realImagesAreListed() {
    Path folder = RealData.folder("imagenet");
    for (String part : List.of("train", "val")) {
      ImageIndex index = ImageFolder.classes(folder.resolve(part)).cache(cache).index();
      assertEquals(part.equals("train") ? 130 : 50, index.size());
      assertEquals(10, index.classes().size());
      assertEquals("n01440764", index.classes().getFirst());
      for (int i = 0; i < index.size(); i++) {
        assertEquals(i / (index.size() / 10), index.label(i));
      }
    }
  }
}
