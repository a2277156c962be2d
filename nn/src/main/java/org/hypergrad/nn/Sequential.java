package org.hypergrad.nn;

import java.util.LinkedHashMap;
import java.util.Map;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;

/**
 * Modules one after another, each applied to what the one before made.
 *
 * <pre>{@code
 * Module model =
 *     Sequential.of(
 *         new Linear(random, 784, 100), Activation.relu(), new Linear(random, 100, 10));
 * }</pre>
 */
public final class Sequential extends Module {
  private Sequential(Map<String, Module> modules) {
    modules.forEach(this::child);
  }

  /** Modules that are called {@code 0}, {@code 1}, ... */
  public static Sequential of(Module... modules) {
    Builder builder = builder();
    for (int i = 0; i < modules.length; i++) {
      builder.add(String.valueOf(i), modules[i]);
    }
    return builder.build();
  }

  /** Begins one of modules with names. */
  public static Builder builder() {
    return new Builder();
  }

  /** The modules so far. */
  public static final class Builder {
    private final Map<String, Module> modules = new LinkedHashMap<>();

    private Builder() {}

    /**
     * Appends a module.
     *
     * @throws ArgumentException if the name is taken
     */
    public Builder add(String name, Module module) {
      if (modules.putIfAbsent(name, module) != null) {
        throw new ArgumentException(
            "sequential", "name is taken", "\"" + name + "\"", "unique names", "");
      }
      return this;
    }

    /**
     * The network.
     *
     * @throws ArgumentException if a name is blank or holds a dot
     */
    public Sequential build() {
      return new Sequential(modules);
    }
  }

  @Override
  protected Tensor forward(Tensor x) {
    return applyInOrder(x);
  }
}
