package org.hypergrad.nn.data.image;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.hypergrad.nn.data.DataException;

/**
 * The classes of ImageNet in their official order: line i of the list is class i, and the
 * challenge's number i + 1.
 *
 * @param source the file
 * @param ids such as {@code n01440764}
 * @param names such as {@code tench, Tinca tinca}; the ids where the list has none
 */
public record Synsets(Path source, List<String> ids, List<String> names) {
  public Synsets {
    ids = List.copyOf(ids);
    names = List.copyOf(names);
  }

  /**
   * Reads a list: on each line an id, and behind a space its names, if there are any.
   *
   * @throws DataException if it cannot be read, is empty, or has an id twice
   */
  public static Synsets read(Path file) {
    List<String> ids = new ArrayList<>();
    List<String> names = new ArrayList<>();
    Set<String> seen = new HashSet<>();
    for (String line : lines(file)) {
      String[] parts = line.strip().split("\\s+", 2);
      if (!seen.add(parts[0])) {
        throw new DataException(
            file.toString(), "has a class twice", parts[0], "each class once", "", null);
      }
      ids.add(parts[0]);
      names.add(parts[parts.length - 1]);
    }
    if (ids.isEmpty()) {
      throw new DataException(
          file.toString(), "has no class", "0 lines", "a class a line", "", null);
    }
    return new Synsets(file, ids, names);
  }

  /**
   * Reads the classes of images: on line i the challenge's number of that of image i.
   *
   * @return labels, from 0 on
   * @throws DataException if it cannot be read, or a number is not that of a class
   */
  int[] readGroundTruth(Path file) {
    List<String> lines = lines(file);
    int[] labels = new int[lines.size()];
    for (int i = 0; i < labels.length; i++) {
      String line = lines.get(i).strip();
      if (!line.matches("\\d{1,9}")
          || Integer.parseInt(line) < 1
          || Integer.parseInt(line) > ids.size()) {
        throw new DataException(
            file.toString(),
            "is not the number of a class",
            "\"" + line + "\" on line " + (i + 1),
            "1 to " + ids.size() + ", as " + source + " has so many classes",
            "",
            null);
      }
      labels[i] = Integer.parseInt(line) - 1;
    }
    return labels;
  }

  private static List<String> lines(Path file) {
    try {
      return Files.readAllLines(file).stream().filter(line -> !line.isBlank()).toList();
    } catch (IOException failure) {
      throw new DataException(
          file.toString(), "cannot be read", failure.toString(), "", "", failure);
    }
  }
}
