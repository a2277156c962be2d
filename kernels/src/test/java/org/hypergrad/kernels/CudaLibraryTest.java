package org.hypergrad.kernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class CudaLibraryTest {
  @TempDir Path folder;

  @Test
  void filesAreThoseThatTheNativesAreLinkedWith() {
    assertEquals("libcublas.so.12", CudaLibrary.CUBLAS.file());
    assertEquals("libcudnn.so.9", CudaLibrary.CUDNN.file());
  }

  @Test
  void whatIsMissingIsNamedWithWhatWasFoundAndWhatHelps() throws IOException {
    Files.createFile(folder.resolve("libcublas.so.13"));
    Files.createFile(folder.resolve("libcublas.so.11.4"));
    Files.createFile(folder.resolve("libcublasLt.so.12"));
    CudaLibrary.Probe probe = CudaLibrary.CUBLAS.probe(folder, List.of(folder));
    assertEquals(
        "no libcublas.so.12 in "
            + folder
            + "; found "
            + folder.resolve("libcublas.so.11.4")
            + ", "
            + folder.resolve("libcublas.so.13")
            + "; expected cuBLAS of CUDA 12 (cuda-libraries-12-6)"
            + "; hint: install it, or name its folder in LD_LIBRARY_PATH, or build with the Maven"
            + " profile cuda-redist",
        probe.problem());
    assertEquals("", probe.version());
  }

  @Test
  void aFolderThatIsNotThereHoldsNothing() {
    CudaLibrary.Probe probe =
        CudaLibrary.CUDNN.probe(folder, List.of(folder.resolve("nowhere"), folder));
    assertTrue(probe.problem().contains("; found no other version; "), probe.problem());
    assertTrue(probe.problem().contains("expected cuDNN 9 for CUDA 12"), probe.problem());
  }

  @ParameterizedTest
  @EnumSource
  void aLibraryThatIsAnotherOneIsAReasonToo(CudaLibrary library) throws IOException {
    Path foreign = Path.of("/lib/x86_64-linux-gnu/libc.so.6");
    assumeTrue(Files.exists(foreign));
    Path link = Files.createSymbolicLink(folder.resolve(library.file()), foreign);
    String problem = library.probe(folder, List.of()).problem();
    Files.delete(link);
    assertTrue(problem.startsWith(library.file() + " does not answer as cu"), problem);
  }

  @ParameterizedTest
  @EnumSource
  void theInstalledLibraryEitherAnswersOrSaysWhyNot(CudaLibrary library) {
    CudaLibrary.Probe probe = library.probe();
    assertEquals(probe.problem().isEmpty(), !probe.version().isEmpty());
  }
}
