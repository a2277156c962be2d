package org.hypergrad.engine;

import java.lang.ref.Cleaner;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.hypergrad.engine.error.LifetimeException;

/**
 * The owner of tensors: each new tensor belongs to the scope that is open on its thread, and ends
 * with it.
 *
 * <pre>{@code
 * float loss = Scope.call(() -> model.forward(batch).mean().item());
 * }</pre>
 *
 * <p>What a body returns moves to the enclosing scope: a {@link Tensor}, a {@link TensorHolder}
 * such as {@link Gradients}, or an array, collection or {@link Map} of these. {@link #keep} moves
 * any other tensor there. Where there is no enclosing scope the tensor becomes the caller's, who
 * must {@link Tensor#close} it; one that is forgotten is freed by a cleaner, which logs where it
 * was made. A scope belongs to the thread that opened it and ends on an exception too.
 */
public final class Scope {
  static final Cleaner CLEANER = Cleaner.create(Thread.ofPlatform().daemon().factory());

  private final Scope parent;

  /** Head of a ring of this scope's tensors, so that a tensor can leave in constant time. */
  private final Links ring = new Links();

  private Scope(Scope parent) {
    this.parent = parent;
  }

  /** The links of a ring: a tensor's place in its scope. */
  static class Links {
    private Links previous = this;
    private Links next = this;
  }

  /** A scope of no thread; who makes it closes it. */
  static Scope unbound() {
    return new Scope(null);
  }

  /** Opens a scope for the time of {@code body}. */
  public static void run(Runnable body) {
    Scope scope = open();
    try {
      body.run();
    } finally {
      scope.leave();
    }
  }

  /** Opens a scope for the time of {@code body}; the tensors in its result move outwards. */
  public static <T> T call(Supplier<T> body) {
    Scope scope = open();
    try {
      T result = body.get();
      scope.keepAll(result);
      return result;
    } finally {
      scope.leave();
    }
  }

  private static Scope open() {
    Context context = Context.current();
    context.scope = new Scope(context.scope);
    return context.scope;
  }

  private void leave() {
    Context.current().scope = parent;
    close();
  }

  /**
   * The innermost scope that is open on this thread.
   *
   * @throws LifetimeException if there is none
   */
  public static Scope current() {
    Scope scope = Context.current().scope;
    if (scope == null) {
      throw new LifetimeException(
          "scope",
          "no scope is open, so nothing would ever free a new tensor",
          "",
          "",
          "wrap the code in Scope.run(() -> ...)");
    }
    return scope;
  }

  /**
   * Moves a tensor of this scope to the enclosing one, or to the caller if there is none.
   *
   * @return {@code tensor}
   */
  public Tensor keep(Tensor tensor) {
    if (tensor.scope() != this) {
      return tensor;
    }
    if (parent == null) {
      tensor.retain();
    } else {
      parent.adopt(tensor);
    }
    return tensor;
  }

  private void keepAll(Object result) {
    switch (result) {
      case null -> {}
      case Tensor tensor -> keep(tensor);
      case TensorHolder holder -> holder.forEachTensor(this::keep);
      case Object[] array -> {
        for (Object element : array) {
          keepAll(element);
        }
      }
      case Map<?, ?> map -> map.values().forEach((Consumer<Object>) this::keepAll);
      case java.util.Collection<?> all -> all.forEach((Consumer<Object>) this::keepAll);
      default -> {}
    }
  }

  /** Makes {@code tensor} belong here and nowhere else. */
  void adopt(Tensor tensor) {
    unlink(tensor);
    Links links = tensor;
    links.previous = ring.previous;
    links.next = ring;
    ring.previous.next = links;
    ring.previous = links;
    tensor.setScope(this);
  }

  static void unlink(Tensor tensor) {
    Links links = tensor;
    links.previous.next = links.next;
    links.next.previous = links.previous;
    links.previous = links;
    links.next = links;
    tensor.setScope(null);
  }

  /** Does something with each tensor that belongs here. */
  void forEach(Consumer<Tensor> action) {
    for (Links links = ring.next; links != ring; links = links.next) {
      action.accept((Tensor) links);
    }
  }

  void close() {
    while (ring.next != ring) {
      ((Tensor) ring.next).close();
    }
  }
}
