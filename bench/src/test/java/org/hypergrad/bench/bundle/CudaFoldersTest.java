package org.hypergrad.bench.bundle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CudaFoldersTest {
  @TempDir private Path root;

  private Path library(String folder, String name) throws IOException {
    Path created = Files.createDirectories(root.resolve(folder));
    Files.createFile(created.resolve(name));
    return created;
  }

  @Test
  void toolkitsAndWheelsAreFoundAndOtherFoldersAreNot() throws IOException {
    Path toolkit = library("usr/local/cuda-13.0/lib64", "libcublas.so.13");
    Path wheel = library("usr/lib/python3.12/site-packages/nvidia/cudnn/lib", "libcudnn.so.9");
    Path environment =
        library("env/lib/python3.11/site-packages/nvidia/cublas/lib", "libcublas.so.12");
    library("usr/local/cuda-11.8/lib64", "libcublas.so.11");
    library("usr/lib/python3.12/site-packages/nvidia/nccl/lib", "libnccl.so.2");
    assertEquals(List.of(toolkit, wheel), CudaFolders.below(root, Map.of()));
    assertEquals(
        List.of(toolkit, wheel, environment),
        CudaFolders.below(root, Map.of("VIRTUAL_ENV", root.resolve("env").toString())));
  }

  @Test
  void theFolderThatIsNamedComesFirst() throws IOException {
    Path toolkit = library("usr/local/cuda/lib64", "libcublas.so.12");
    Path named = library("elsewhere/lib64", "libcublas.so.12");
    assertEquals(
        List.of(named, toolkit),
        CudaFolders.below(root, Map.of("CUDA_HOME", root.resolve("elsewhere").toString())));
  }
}
