package org.hypergrad.nn.optim;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.function.Supplier;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;

/**
 * What an optimizer remembers about one parameter between steps: tensors, counters, and the states
 * of optimizers inside of it, each by name. It owns its tensors. All of it is saved, so what is not
 * in here is not remembered.
 */
public final class State implements AutoCloseable {
  private final Map<String, Tensor> tensors = new TreeMap<>();
  private final Map<String, Long> counters = new TreeMap<>();
  private final Map<String, State> children = new TreeMap<>();

  /** Whether there is a tensor of this name. */
  public boolean has(String name) {
    return tensors.containsKey(name);
  }

  /** The tensor of this name, or null. */
  public Tensor get(String name) {
    return tensors.get(name);
  }

  /** The tensor of this name; {@code first} makes it if there is none. */
  public Tensor get(String name, Supplier<Tensor> first) {
    if (!has(name)) {
      put(name, Scope.call(first));
    }
    return tensors.get(name);
  }

  /** Zeros like {@code tensor} at first. */
  public Tensor zeros(String name, Tensor tensor) {
    return get(name, () -> Tensor.full(0, tensor.dtype(), tensor.shape().toArray()));
  }

  /** Sets a tensor, takes it out of its scope, and ends the one that was there. */
  public void put(String name, Tensor value) {
    Tensor before = tensors.put(name, value.retain());
    if (before != null && before != value) {
      before.close();
    }
  }

  /** Copies {@code value} into the tensor of this name, which is made if there is none. */
  public void store(String name, Tensor value) {
    if (has(name)) {
      get(name).assign(value);
    } else {
      put(name, value.copy());
    }
  }

  /** Forgets a tensor. */
  public void remove(String name) {
    Tensor before = tensors.remove(name);
    if (before != null) {
      before.close();
    }
  }

  /** A counter; 0 until it is set. */
  public long counter(String name) {
    return counters.getOrDefault(name, 0L);
  }

  public void setCounter(String name, long value) {
    counters.put(name, value);
  }

  /** Adds 1 to a counter and gives the new value. */
  public long count(String name) {
    return counters.merge(name, 1L, Long::sum);
  }

  /** The state of an optimizer inside, made empty if there is none. */
  public State child(String name) {
    return children.computeIfAbsent(name, n -> new State());
  }

  /** All tensors within, by path: {@code velocity}, {@code hyper/mean}. */
  public Map<String, Tensor> tensors() {
    return flat((state, add) -> state.tensors.forEach(add));
  }

  /** All counters within, by path. */
  public Map<String, Long> counters() {
    return flat((state, add) -> state.counters.forEach(add));
  }

  private <T> Map<String, T> flat(BiConsumer<State, BiConsumer<String, T>> own) {
    Map<String, T> all = new LinkedHashMap<>();
    own.accept(this, all::put);
    children.forEach(
        (name, child) -> child.flat(own).forEach((path, v) -> all.put(name + "/" + path, v)));
    return Collections.unmodifiableMap(all);
  }

  /** Sets the tensor at a path, as {@link #put}. */
  public void putAt(String path, Tensor value) {
    owner(path).put(last(path), value);
  }

  /** Sets the counter at a path. */
  public void setCounterAt(String path, long value) {
    owner(path).setCounter(last(path), value);
  }

  private State owner(String path) {
    int slash = path.indexOf('/');
    return slash < 0 ? this : child(path.substring(0, slash)).owner(path.substring(slash + 1));
  }

  private static String last(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  /** Forgets everything. */
  public void clear() {
    tensors.values().forEach(Tensor::close);
    tensors.clear();
    counters.clear();
    children.values().forEach(State::clear);
    children.clear();
  }

  /** Ends the tensors. */
  @Override
  public void close() {
    clear();
  }
}
