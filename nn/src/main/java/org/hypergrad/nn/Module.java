package org.hypergrad.nn;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.error.EngineException;
import org.hypergrad.engine.error.ShapeException;
import org.hypergrad.engine.random.Generator;

/**
 * A layer, or a network made of layers: a function of a tensor, with parameters, state that is not
 * trained (buffers), and modules inside. What is within has a name, unique beside its siblings; the
 * full name is the path, such as {@code features.3.weight}, and files and optimizers go by it.
 *
 * <p>A module owns what it is made of, and {@link #close} ends it. It belongs to one thread at a
 * time. (The name is that of {@code java.lang.Module}, which an import of this class hides; an
 * import of the whole package does not.)
 */
public abstract class Module implements AutoCloseable {
  private static final ScopedValue<Observer> OBSERVER = ScopedValue.newInstance();

  private final Map<String, Module> children = new LinkedHashMap<>();
  private final Map<String, Parameter> parameters = new LinkedHashMap<>();
  private final Map<String, Tensor> buffers = new LinkedHashMap<>();
  private final Map<String, Generator> generators = new LinkedHashMap<>();
  private boolean training = true;

  /** The name in the parent; a root goes by its class. */
  private String name = getClass().getSimpleName();

  /** Sees every module at work: for summaries and for finding what went wrong. */
  @FunctionalInterface
  public interface Observer {
    /**
     * Called after {@code module} made {@code output} of {@code input}, children before parents.
     */
    void applied(Module module, Tensor input, Tensor output);
  }

  /** Computes the output, with {@link #apply} of the modules inside. */
  protected abstract Tensor forward(Tensor x);

  /**
   * The output for {@code x}; a tensor of the current scope.
   *
   * @throws EngineException that names the innermost module in which it arose
   */
  public final Tensor apply(Tensor x) {
    Tensor output;
    try {
      output = forward(x);
    } catch (EngineException inside) {
      inside.passed(name);
      throw inside;
    }
    if (OBSERVER.isBound()) {
      OBSERVER.get().applied(this, x, output);
    }
    return output;
  }

  /** The modules right inside, each applied to what the one before made, in order. */
  protected final Tensor applyInOrder(Tensor x) {
    Tensor y = x;
    for (Module module : children.values()) {
      y = module.apply(y);
    }
    return y;
  }

  /** Runs {@code body} with {@code observer} looking at every module that is applied. */
  public static void observe(Observer observer, Runnable body) {
    ScopedValue.where(OBSERVER, observer).run(body);
  }

  // What it is made of: called by constructors.

  /** Adds a module that this one owns. */
  protected final <M extends Module> M child(String name, M module) {
    checkNew(name);
    children.put(name, module);
    ((Module) module).name = name;
    return module;
  }

  /** Adds a tensor that training changes, and takes it out of its scope. */
  protected final Parameter parameter(String name, Role role, Tensor value) {
    checkNew(name);
    Parameter parameter = new Parameter(name, role, value);
    parameters.put(name, parameter);
    return parameter;
  }

  /**
   * Adds a parameter with random first values; needs no open scope. If that fails, what the module
   * is made of so far ends too, for nobody could close it.
   *
   * @throws ShapeException if {@code first} gives another shape
   */
  protected final Parameter parameter(
      String name, Role role, Initialiser first, Generator random, long... extents) {
    try {
      checkNew(name);
      return Scope.call(
          () -> parameter(name, role, firstValue(name, role, first, random, extents)));
    } catch (RuntimeException | Error failure) {
      close();
      throw failure;
    }
  }

  private static Tensor firstValue(
      String name, Role role, Initialiser first, Generator random, long... extents) {
    Tensor value = first.weight(random, role, extents);
    if (!value.shape().equals(Shape.of(extents))) {
      throw new ShapeException(
          "module",
          "an initialiser gave another shape for " + name,
          value.spec().toString(),
          Shape.of(extents).toString(),
          "");
    }
    return value;
  }

  /** Adds a tensor that is saved with the module but not trained, and takes it out of its scope. */
  protected final Tensor buffer(String name, Tensor value) {
    checkNew(name);
    buffers.put(name, value.retain());
    return value;
  }

  /** Adds a source of random numbers, whose place is saved with the module. */
  protected final Generator generator(String name, Generator generator) {
    checkNew(name);
    generators.put(name, generator);
    return generator;
  }

  private void checkNew(String name) {
    boolean taken =
        children.containsKey(name)
            || parameters.containsKey(name)
            || buffers.containsKey(name)
            || generators.containsKey(name);
    if (taken || name.isBlank() || name.contains(".")) {
      throw new ArgumentException(
          "module", "bad name", "\"" + name + "\"", "a new name without a dot", "");
    }
  }

  // Looking inside.

  /** The modules right inside, by name, in the order in which they were added. */
  public final Map<String, Module> children() {
    return Collections.unmodifiableMap(children);
  }

  /** This module, under the empty path, and all within, by path; parents before children. */
  public final Map<String, Module> modules() {
    Map<String, Module> all = new LinkedHashMap<>();
    collect("", all);
    return all;
  }

  private void collect(String path, Map<String, Module> all) {
    all.put(path, this);
    children.forEach((name, child) -> child.collect(join(path, name), all));
  }

  private static String join(String path, String name) {
    return path.isEmpty() ? name : path + "." + name;
  }

  /** All parameters within, with their full names; one that occurs twice has its first name. */
  public final List<Parameter> parameters() {
    List<Parameter> all = new ArrayList<>();
    Set<Tensor> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    modules()
        .forEach(
            (path, module) ->
                module.parameters.forEach(
                    (name, p) -> {
                      if (seen.add(p.value())) {
                        all.add(new Parameter(join(path, name), p.role(), p.value()));
                      }
                    }));
    return all;
  }

  /** All buffers within, by full name. */
  public final Map<String, Tensor> buffers() {
    Map<String, Tensor> all = new LinkedHashMap<>();
    modules().forEach((path, m) -> m.buffers.forEach((name, b) -> all.put(join(path, name), b)));
    return all;
  }

  /** All sources of random numbers within, by full name. */
  public final Map<String, Generator> generators() {
    Map<String, Generator> all = new LinkedHashMap<>();
    modules().forEach((path, m) -> m.generators.forEach((name, g) -> all.put(join(path, name), g)));
    return all;
  }

  /** Multiplications (each with its addition) of this module itself for one call. */
  protected long multiplyAdds(Shape input, Shape output) {
    return 0;
  }

  /** Whether modules behave as in training: dropout drops, batch norm uses the batch. */
  public final boolean isTraining() {
    return training;
  }

  /** Makes this and all within behave as in training, which is how they start. */
  public final void train() {
    modules().values().forEach(m -> m.training = true);
  }

  /** Makes this and all within behave as in use. */
  public final void eval() {
    modules().values().forEach(m -> m.training = false);
  }

  /** Runs {@code body} with this and all within in evaluation mode; each gets its mode back. */
  public final <T> T evaluating(Supplier<T> body) {
    Map<Module, Boolean> modes = new IdentityHashMap<>();
    modules().values().forEach(m -> modes.put(m, m.training));
    eval();
    try {
      return body.get();
    } finally {
      modes.forEach((module, mode) -> module.training = mode);
    }
  }

  /** What it is, on one line, such as {@code Linear(784, 100)}. */
  @Override
  public String toString() {
    return getClass().getSimpleName();
  }

  /** Ends the parameters and buffers of this and all within. */
  @Override
  public void close() {
    children.values().forEach(Module::close);
    parameters.values().forEach(Parameter::close);
    buffers.values().forEach(Tensor::close);
  }
}
