package org.hypergrad.kernels;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import jcuda.driver.CUmodule;
import jcuda.driver.JCudaDriver;

/** PTX loaded into a context, and its kernels by name. */
public final class KernelModule {
  private final String name;
  private final CudaContext context;
  private final CUmodule module = new CUmodule();
  private final Map<String, Kernel> kernels = new LinkedHashMap<>();

  /**
   * Loads PTX.
   *
   * @throws CudaException if the driver refuses it
   */
  KernelModule(CudaContext context, String name, String ptx) {
    this.name = name;
    this.context = context;
    Map<String, KernelSignature> signatures = KernelSignature.parse(ptx);
    context.enter("cuModuleLoadData");
    try {
      context.call("cuModuleLoadData", () -> JCudaDriver.cuModuleLoadData(module, ptx));
    } catch (CudaException failure) {
      throw new CudaException(
          failure.call(), failure.status(), "module " + name + ": " + failure.detail());
    }
    for (KernelSignature signature : signatures.values()) {
      kernels.put(signature.entry(), new Kernel(context, module, signature));
    }
  }

  /**
   * The PTX of a kernel family, as it ships.
   *
   * @throws CudaException if there is no such family
   */
  static String source(String family) {
    try (InputStream in = KernelModule.class.getResourceAsStream("ptx/" + family + ".ptx")) {
      if (in == null) {
        throw new CudaException(
            "cuModuleLoadData", CudaException.REFUSED, "no kernel family named " + family);
      }
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  /**
   * The kernel of this name.
   *
   * @throws CudaException if the module has none, with the names that it has
   */
  public Kernel kernel(String entry) {
    Kernel kernel = kernels.get(entry);
    if (kernel == null) {
      throw new CudaException(
          "cuModuleGetFunction",
          CudaException.REFUSED,
          "no entry " + entry + " in module " + name + "; expected one of " + kernels.keySet());
    }
    return kernel;
  }

  /** Names of the kernels. */
  public Set<String> kernels() {
    return Set.copyOf(kernels.keySet());
  }

  void unload() {
    context.call("cuModuleUnload", () -> JCudaDriver.cuModuleUnload(module));
  }
}
