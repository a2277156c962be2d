package org.hypergrad.nn.train;

import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Optional;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.data.Batch;

/** Looks for where infinity or NaN came from, in the order in which data flow. */
final class FirstNonFinite {
  private FirstNonFinite() {}

  /** Name of the first tensor that is not finite; the model runs once more for that. */
  static String find(Module model, Batch data) {
    return Scope.call(
        () -> {
          if (!finite(data.input())) {
            return "the input";
          }
          Optional<String> parameter = parameter(model);
          if (parameter.isPresent()) {
            return parameter.get();
          }
          if (!model.isTraining()) {
            // In training, running statistics are no input, and have seen the bad batch already.
            for (Map.Entry<String, Tensor> buffer : model.buffers().entrySet()) {
              if (!finite(buffer.getValue())) {
                return "buffer " + buffer.getKey();
              }
            }
          }
          String output = firstOutput(model, data.input());
          return output == null ? "the loss" : output;
        });
  }

  /** Name of the first parameter that is not finite. */
  static Optional<String> parameter(Module model) {
    return model.parameters().stream()
        .filter(p -> !finite(p.value()))
        .map(p -> "parameter " + p.name())
        .findFirst();
  }

  private static String firstOutput(Module model, Tensor input) {
    Map<Module, String> paths = new IdentityHashMap<>();
    model.modules().forEach((path, module) -> paths.put(module, path));
    String[] first = new String[1];
    Module.observe(
        (module, _, output) -> {
          if (first[0] == null && !finite(output)) {
            first[0] = ("output of " + paths.get(module) + " (" + module + ")").replace("  ", " ");
          }
        },
        () -> model.apply(input));
    return first[0];
  }

  /** 0 times a finite number is 0; 0 times another is NaN. */
  private static boolean finite(Tensor tensor) {
    return !tensor.dtype().isFloating() || Scope.call(() -> tensor.mul(0).sum().item()) == 0;
  }
}
