package org.hypergrad.bench.bundle;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Where CUDA's libraries lie on a machine that names them nowhere: toolkits, wheels of Python. */
final class CudaFolders {
  private static final List<String> LIBRARIES =
      List.of("libcublas.so.12", "libcublas.so.13", "libcudnn.so.9", "libcuda.so.1");

  private CudaFolders() {}

  /** Folders that hold one of the libraries, below a root. */
  static List<Path> below(Path root, Map<String, String> environment) {
    Set<Path> candidates = new LinkedHashSet<>();
    for (String variable : List.of("CUDA_HOME", "CUDA_PATH", "CONDA_PREFIX")) {
      String home = environment.getOrDefault(variable, "");
      if (!home.isEmpty()) {
        candidates.add(Path.of(home, "lib64"));
        candidates.add(Path.of(home, "lib"));
      }
    }
    for (String toolkit : List.of("usr/local/cuda*", "opt/cuda*")) {
      candidates.addAll(matching(root, toolkit + "/lib64"));
      candidates.addAll(matching(root, toolkit + "/targets/x86_64-linux/lib"));
    }
    candidates.addAll(matching(root, "usr/local/nvidia/lib64"));
    List<Path> pythons = new ArrayList<>();
    for (String prefix : List.of("usr", "usr/local", "opt/*")) {
      pythons.addAll(matching(root, prefix + "/lib/python3*/site-packages"));
      pythons.addAll(matching(root, prefix + "/lib/python3*/dist-packages"));
    }
    for (String variable : List.of("VIRTUAL_ENV", "CONDA_PREFIX")) {
      String home = environment.getOrDefault(variable, "");
      if (!home.isEmpty()) {
        pythons.addAll(matching(Path.of(home), "lib/python3*/site-packages"));
      }
    }
    for (Path python : pythons) {
      candidates.addAll(matching(python, "nvidia/*/lib"));
    }
    return candidates.stream().filter(CudaFolders::hasOne).toList();
  }

  private static boolean hasOne(Path folder) {
    return LIBRARIES.stream().anyMatch(library -> Files.exists(folder.resolve(library)));
  }

  /** Folders whose names below {@code root} match, part by part. */
  private static List<Path> matching(Path root, String pattern) {
    List<Path> found = List.of(root);
    for (String part : pattern.split("/")) {
      List<Path> deeper = new ArrayList<>();
      found.forEach(folder -> deeper.addAll(children(folder, part)));
      found = deeper;
    }
    return found;
  }

  private static List<Path> children(Path folder, String glob) {
    List<Path> children = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, glob)) {
      entries.forEach(children::add);
    } catch (IOException unreadable) {
      // A folder that cannot be read holds nothing that could be loaded.
      return List.of();
    }
    children.sort(null);
    return children;
  }
}
