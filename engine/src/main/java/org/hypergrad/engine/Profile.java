package org.hypergrad.engine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.hypergrad.engine.backend.Backend;
import org.hypergrad.engine.op.Op;

/**
 * Where time goes, by op: of all ops that this thread runs while a body runs.
 *
 * <pre>{@code
 * Profile profile = new Profile();
 * profile.call(() -> trainer.fit(loader, 1));
 * profile.rows().forEach(System.out::println);
 * }</pre>
 *
 * <p>An op that runs others counts without them, so that nothing counts twice. What is between ops,
 * such as allocation, the tape, the program's own work and waiting for data, is {@link
 * #nanosOutside}. On a GPU each op is waited for, which makes a step slower than it is without a
 * profile.
 *
 * <p>Bodies may follow one another and add up; within one, another profile takes over. For one
 * thread.
 */
public final class Profile {
  private final Map<String, Sum> sums = new LinkedHashMap<>();
  private long nanos;

  /** Time of the ops that ran within the one that runs now. */
  private long within;

  private static final class Sum {
    private long calls;
    private long nanos;
    private long multiplications;
    private long bytes;
  }

  /**
   * All calls of one op.
   *
   * @param op its name
   * @param calls how many
   * @param nanos time of all together, in nanoseconds
   * @param multiplications each with an addition, as {@link Op#multiplications} counts them; 0 for
   *     ops that are no products
   * @param bytes of all inputs and results, each counted once a call
   */
  public record Row(String op, long calls, long nanos, long multiplications, long bytes) {
    /** Floating-point operations in a second, in 10^9: two for each multiplication. */
    public double gigaflops() {
      return 2.0 * multiplications / nanos;
    }

    /** Bytes of inputs and results in a second, in 10^9. */
    public double gigabytes() {
      return (double) bytes / nanos;
    }
  }

  /** Runs {@code body}, and counts its ops. */
  public void run(Runnable body) {
    call(
        () -> {
          body.run();
          return null;
        });
  }

  /** Runs {@code body}, and counts its ops. */
  public <T> T call(Supplier<T> body) {
    Context context = Context.current();
    Profile before = context.profile;
    context.profile = this;
    long start = System.nanoTime();
    try {
      return body.get();
    } finally {
      context.profile = before;
      nanos += System.nanoTime() - start;
    }
  }

  /** Runs an op that fills {@code out}, and counts it if it does not throw. */
  void measure(Backend backend, Op op, Tensor[] in, Tensor[] out, Runnable body) {
    long before = within;
    within = 0;
    long start = System.nanoTime();
    try {
      body.run();
      backend.finish();
    } catch (RuntimeException | Error failure) {
      within = before;
      throw failure;
    }
    long time = System.nanoTime() - start;
    Sum sum = sums.computeIfAbsent(op.name(), name -> new Sum());
    sum.calls++;
    sum.nanos += time - within;
    sum.multiplications += op.multiplications(specs(in), specs(out));
    sum.bytes += bytes(in) + bytes(out);
    within = before + time;
  }

  private static Spec[] specs(Tensor[] tensors) {
    Spec[] specs = new Spec[tensors.length];
    for (int i = 0; i < specs.length; i++) {
      specs[i] = tensors[i].spec();
    }
    return specs;
  }

  private static long bytes(Tensor[] tensors) {
    long bytes = 0;
    for (Tensor tensor : tensors) {
      bytes += tensor.count() * tensor.dtype().bytes();
    }
    return bytes;
  }

  /** All ops, those that took longest first. */
  public List<Row> rows() {
    List<Row> rows = new ArrayList<>();
    sums.forEach((op, s) -> rows.add(new Row(op, s.calls, s.nanos, s.multiplications, s.bytes)));
    rows.sort(Comparator.comparingLong(Row::nanos).reversed());
    return rows;
  }

  /** Time of all bodies, in nanoseconds. */
  public long nanos() {
    return nanos;
  }

  /** The part of it in which no op ran, in nanoseconds. */
  public long nanosOutside() {
    return nanos - rows().stream().mapToLong(Row::nanos).sum();
  }
}
