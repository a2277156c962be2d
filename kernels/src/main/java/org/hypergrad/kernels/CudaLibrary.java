package org.hypergrad.kernels;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.function.IntFunction;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasStatus;
import jcuda.jcudnn.JCudnn;

/**
 * NVIDIA's libraries beside the driver. Each is looked for in the major version that JCuda's
 * natives are linked with: where the driver is the simulator, in its folder; else in a jar on the
 * class path ({@link RedistLibraries}); else where the system finds it.
 */
public enum CudaLibrary {
  CUBLAS(
      "cuBLAS",
      "libcublas.so",
      12,
      "cuBLAS of CUDA 12 (cuda-libraries-12-6)",
      List.of("libcublasLt.so.12", "libcublas.so.12")) {
    @Override
    String version(SymbolLookup symbols) throws Throwable {
      return property(symbols, 0) + "." + property(symbols, 1) + "." + property(symbols, 2);
    }

    @Override
    void loadNatives() {
      JCublas2.initialize();
    }

    @Override
    IntFunction<String> statusNames() {
      return cublasStatus::stringFor;
    }
  },
  CUDNN(
      "cuDNN",
      "libcudnn.so",
      9,
      "cuDNN 9 for CUDA 12 (cudnn9-cuda-12)",
      List.of(
          "libnvrtc-builtins.so.12.6",
          "libnvrtc.so.12",
          "libcudnn_graph.so.9",
          "libcudnn_ops.so.9",
          "libcudnn_cnn.so.9",
          "libcudnn_adv.so.9",
          "libcudnn_heuristic.so.9",
          "libcudnn_engines_precompiled.so.9",
          "libcudnn_engines_runtime_compiled.so.9",
          "libcudnn.so.9")) {
    @Override
    @SuppressWarnings("restricted")
    String version(SymbolLookup symbols) throws Throwable {
      long version =
          (long)
              Linker.nativeLinker()
                  .downcallHandle(
                      symbols.findOrThrow("cudnnGetVersion"),
                      FunctionDescriptor.of(ValueLayout.JAVA_LONG))
                  .invokeExact();
      return version / 10_000 + "." + version / 100 % 100 + "." + version % 100;
    }

    @Override
    void loadNatives() {
      JCudnn.initialize();
    }

    /** JCudnn's classes know the numbers of an older cuDNN, so the library names its own. */
    @Override
    IntFunction<String> statusNames() {
      return JCudnn::cudnnGetErrorString;
    }
  };

  /**
   * What a look for a library found.
   *
   * @param version major.minor.patch; empty if it cannot be used
   * @param problem why it cannot be used, what was found, and what would help; empty if it can
   */
  public record Probe(String version, String problem) {}

  private final String title;
  private final String file;
  private final int major;
  private final String product;

  /** The library and its parts, each behind those that it needs. */
  private final List<String> files;

  private boolean loaded;

  CudaLibrary(String title, String file, int major, String product, List<String> files) {
    this.title = title;
    this.file = file;
    this.major = major;
    this.product = product;
    this.files = files;
  }

  /** What it is called: {@code cuBLAS}. */
  public String title() {
    return title;
  }

  /** The name of the file that is needed: {@code libcublas.so.12}. */
  public String file() {
    return file + "." + major;
  }

  /** Looks for the library where it would be loaded from. Never throws. */
  public Probe probe() {
    return probe(SimulatedDriver.folder(), folders());
  }

  /**
   * Looks for the library.
   *
   * @param simulator folder of the simulator, or null for the library of the machine
   * @param folders where other versions may lie
   */
  Probe probe(Path simulator, List<Path> folders) {
    try {
      String version = version(lookup(simulator));
      return version.startsWith(major + ".")
          ? new Probe(version, "")
          : cannot(file() + " says that it is version " + version, folders);
    } catch (IllegalArgumentException missing) {
      return cannot(
          "no " + file() + (simulator == null ? " that loads" : " in " + simulator), folders);
    } catch (Throwable failure) {
      return cannot(file() + " does not answer as " + title + ": " + failure, folders);
    }
  }

  private Probe cannot(String problem, List<Path> folders) {
    List<String> found = versionsIn(folders);
    return new Probe(
        "",
        problem
            + "; found "
            + (found.isEmpty() ? "no other version" : String.join(", ", found))
            + "; expected "
            + product
            + "; hint: install it, or name its folder in LD_LIBRARY_PATH, or build with the Maven"
            + " profile cuda-redist");
  }

  /** Stays loaded: libraries of CUDA do not bear being unloaded. */
  @SuppressWarnings("restricted")
  private SymbolLookup lookup(Path simulator) throws IOException {
    if (simulator != null) {
      return SymbolLookup.libraryLookup(simulator.resolve(file()), Arena.global());
    }
    // What is loaded here is what the name stands for from now on.
    for (Path part : RedistLibraries.onTheClassPath().unpack(files)) {
      System.load(part.toString());
    }
    return SymbolLookup.libraryLookup(file(), Arena.global());
  }

  /** The version that the library says it has, major.minor.patch. */
  abstract String version(SymbolLookup symbols) throws Throwable;

  /** Loads JCuda's natives that call the library. */
  abstract void loadNatives();

  /** How statuses are called. */
  abstract IntFunction<String> statusNames();

  /** A part of cuBLAS's version, which it tells without a handle. */
  @SuppressWarnings("restricted")
  private static int property(SymbolLookup symbols, int part) throws Throwable {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(ValueLayout.JAVA_INT);
      int status =
          (int)
              Linker.nativeLinker()
                  .downcallHandle(
                      symbols.findOrThrow("cublasGetProperty"),
                      FunctionDescriptor.of(
                          ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS))
                  .invokeExact(part, value);
      if (status != 0) {
        throw new IllegalStateException("cublasGetProperty answered " + status);
      }
      return value.get(ValueLayout.JAVA_INT, 0);
    }
  }

  /** Files of any version, for messages. */
  private List<String> versionsIn(List<Path> folders) {
    TreeSet<String> found = new TreeSet<>();
    for (Path folder : folders) {
      for (Path version : children(folder, file + ".[0-9]*")) {
        found.add(version.toString());
      }
    }
    return List.copyOf(found);
  }

  /** Where CUDA's libraries usually lie. */
  private static List<Path> folders() {
    List<Path> folders = new ArrayList<>();
    String path = System.getenv("LD_LIBRARY_PATH");
    for (String entry : path == null ? new String[0] : path.split(":")) {
      if (!entry.isEmpty()) {
        folders.add(Path.of(entry));
      }
    }
    for (Path cuda : children(Path.of("/usr/local"), "cuda*")) {
      folders.add(cuda.resolve("lib64"));
    }
    folders.addAll(
        List.of(
            Path.of("/usr/lib/x86_64-linux-gnu"),
            Path.of("/usr/lib64"),
            Path.of("/opt/cuda/lib64")));
    return folders;
  }

  private static List<Path> children(Path folder, String glob) {
    List<Path> children = new ArrayList<>();
    try (DirectoryStream<Path> files = Files.newDirectoryStream(folder, glob)) {
      files.forEach(children::add);
    } catch (IOException unreadable) {
      // A folder that cannot be read holds nothing that could be loaded.
      return List.of();
    }
    return children;
  }

  /**
   * Loads the library, so that JCuda's natives, loaded later, find it by the name that it bears.
   *
   * @throws CudaException if it cannot be used here, with what was found and what would help
   */
  @SuppressWarnings("restricted")
  synchronized void require(String call) {
    if (loaded) {
      return;
    }
    Probe probe = probe();
    if (!probe.problem().isEmpty()) {
      throw new CudaException(call, CudaException.REFUSED, probe.problem());
    }
    Path simulator = SimulatedDriver.folder();
    if (simulator != null) {
      System.load(simulator.resolve(file()).toString());
    }
    try {
      loadNatives();
    } catch (LinkageError missing) {
      throw new CudaException(
          call, CudaException.REFUSED, "JCuda's natives do not load here: " + missing);
    }
    loaded = true;
  }

  /** Whether a call succeeded; if not, says what was being done. */
  void check(CudaStream stream, String call, int status, LibraryWork work) {
    if (status != 0) {
      throw failure(stream, call, status, work);
    }
  }

  private CudaLibraryException failure(
      CudaStream stream, String call, int status, LibraryWork work) {
    CudaLibraryException failure =
        new CudaLibraryException(call, statusNames().apply(status), work, Driver.reason(""));
    try {
      // Where the device itself has stopped, the driver tells the cause, once it is waited for.
      stream.synchronize();
    } catch (CudaException cause) {
      failure.initCause(cause);
    }
    return failure;
  }
}
