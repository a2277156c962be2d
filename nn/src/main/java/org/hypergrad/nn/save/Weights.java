package org.hypergrad.nn.save;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.nn.Module;

/**
 * Saves parameters and buffers of a model by their full names, and loads them into one of the same
 * architecture. The metadata says which architecture that was, which version of hypergrad wrote it,
 * on which device and with how many threads.
 *
 * <pre>{@code
 * Weights.save(model, Path.of("mnist.safetensors"));
 * Weights.load(model, Path.of("mnist.safetensors"));
 * }</pre>
 *
 * <p>{@link StateDict} does the same in PyTorch's layout.
 */
public final class Weights {
  static final String DEVICE = "hypergrad.device";
  static final String THREADS = "hypergrad.threads";
  private static final String VERSION = "hypergrad.version";
  private static final String ARCHITECTURE = "hypergrad.architecture";

  private Weights() {}

  /**
   * Saves a model.
   *
   * @throws CheckpointException that says why the file cannot be written; the old one is then as it
   *     was
   */
  public static void save(Module model, Path file) {
    save(model, file, Map.of());
  }

  /**
   * Saves a model, and texts that say what it is for.
   *
   * @param texts for the metadata, by keys of the caller's; {@link SafeTensors#metadata} gives them
   * @throws CheckpointException that says why the file cannot be written; the old one is then as it
   *     was
   */
  public static void save(Module model, Path file, Map<String, String> texts) {
    Map<String, String> all = new LinkedHashMap<>(texts);
    all.putAll(description(model));
    SafeTensors.write(file, tensors(model), all);
  }

  /**
   * Loads into a model what was saved from one of the same architecture, also from a {@link
   * Checkpoint}.
   *
   * @throws CheckpointException if the file cannot be read or is damaged, or with every mismatch;
   *     the model is then as it was
   */
  public static void load(Module model, Path file) {
    load(model, file, LoadOptions.strict());
  }

  /**
   * As {@link #load(Module, Path)}, where some things may differ.
   *
   * @throws CheckpointException if the file cannot be read or is damaged, or with every mismatch;
   *     the model is then as it was
   */
  public static void load(Module model, Path file, LoadOptions options) {
    try (SafeTensors in = SafeTensors.open(file)) {
      Comparison comparison = new Comparison(in, options);
      compare(tensors(model), comparison);
      comparison.wantsNothingElse(Optional.of(Checkpoint.PREFIX));
      comparison.check();
      Scope.run(() -> assign(read(tensors(model), in, options)));
    }
  }

  /** What is saved of a model, by name: its own tensors. */
  static Map<String, Tensor> tensors(Module model) {
    Map<String, Tensor> all = new LinkedHashMap<>();
    model.parameters().forEach(p -> all.put(p.name(), p.value()));
    all.putAll(model.buffers());
    return all;
  }

  static void compare(Map<String, Tensor> tensors, Comparison comparison) {
    tensors.forEach((name, tensor) -> comparison.wants(name, tensor.spec()));
  }

  /** New values for the tensors of a model, read in full before the first is changed. */
  static Map<Tensor, Tensor> read(
      Map<String, Tensor> tensors, SafeTensors in, LoadOptions options) {
    Map<Tensor, Tensor> values = new LinkedHashMap<>();
    tensors.forEach(
        (name, tensor) -> {
          if (!options.ignores(name)) {
            values.put(tensor, tensor.device().call(() -> in.tensor(name, tensor.dtype())));
          }
        });
    return values;
  }

  static void assign(Map<Tensor, Tensor> values) {
    values.forEach(Tensor::assign);
  }

  /** Where a model is: the device of its first tensor, or the current one. */
  static Device device(Module model) {
    return tensors(model).values().stream()
        .findFirst()
        .map(Tensor::device)
        .orElseGet(Device::current);
  }

  static Map<String, String> description(Module model) {
    String version = Weights.class.getPackage().getImplementationVersion();
    Device device = device(model);
    return Map.of(
        VERSION,
        Objects.requireNonNullElse(version, "not packaged"),
        ARCHITECTURE,
        architecture(model),
        DEVICE,
        device.toString(),
        THREADS,
        String.valueOf(device.threads()));
  }

  /** A line for each module, with its path. */
  private static String architecture(Module model) {
    return model.modules().entrySet().stream()
        .map(e -> (e.getKey().isEmpty() ? "" : e.getKey() + ": ") + e.getValue())
        .collect(Collectors.joining("\n"));
  }
}
