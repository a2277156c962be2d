package org.hypergrad.nn.save;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Role;
import org.hypergrad.nn.layer.BatchNorm;

/**
 * Weights as PyTorch lays them out, in safetensors files: what {@code
 * safetensors.torch.save_file(model.state_dict(), file)} writes, and {@code load_file} reads. Names
 * are those of the modules, which are torchvision's in {@link org.hypergrad.nn.model.ResNet}; two
 * things differ from {@link Weights}:
 *
 * <ul>
 *   <li>weights of dense layers are [outputs, inputs];
 *   <li>batch norms have a {@code num_batches_tracked}, an int64. PyTorch itself uses it only where
 *       a batch norm has no momentum, and here it is not kept: files may have it or not, and 0 is
 *       written.
 * </ul>
 *
 * <pre>{@code
 * StateDict.load(model, Path.of("resnet18.safetensors"));
 * StateDict.load(model, file, LoadOptions.strict().ignoring("fc.*"));    // for other classes
 * }</pre>
 */
public final class StateDict {
  private StateDict() {}

  /**
   * Saves a model. The metadata is that of {@link Weights}, and {@code format: pt}.
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
   * @param texts for the metadata, by keys of the caller's
   * @throws CheckpointException that says why the file cannot be written; the old one is then as it
   *     was
   */
  public static void save(Module model, Path file, Map<String, String> texts) {
    SafeTensorsWriter out = new SafeTensorsWriter().metadata("format", "pt");
    texts.forEach(out::metadata);
    Weights.description(model).forEach(out::metadata);
    counters(model).forEach(name -> out.counter(name, 0));
    Scope.run(
        () -> {
          tensors(model).forEach(out::tensor);
          out.write(file);
        });
  }

  /**
   * Loads into a model what was saved from one of the same architecture.
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
      Scope.run(
          () -> {
            Map<String, Tensor> tensors = tensors(model);
            Comparison comparison = new Comparison(in, options);
            Weights.compare(tensors, comparison);
            counters(model).stream()
                .filter(in.names()::contains)
                .forEach(name -> comparison.wantsLongs(name, List.of()));
            comparison.wantsNothingElse(Optional.empty());
            comparison.check();
            Weights.assign(Weights.read(tensors, in, options));
          });
    }
  }

  /** A model's own tensors, or views of them with PyTorch's extents. */
  private static Map<String, Tensor> tensors(Module model) {
    Map<String, Tensor> all = Weights.tensors(model);
    for (Parameter p : model.parameters()) {
      if (p.role() == Role.DENSE_WEIGHT) {
        all.put(p.name(), Tape.paused(() -> p.value().transpose()));
      }
    }
    return all;
  }

  private static List<String> counters(Module model) {
    return model.modules().entrySet().stream()
        .filter(e -> e.getValue() instanceof BatchNorm)
        .map(e -> (e.getKey().isEmpty() ? "" : e.getKey() + ".") + "num_batches_tracked")
        .toList();
  }
}
