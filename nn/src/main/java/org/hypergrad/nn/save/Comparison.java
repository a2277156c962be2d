package org.hypergrad.nn.save;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.LongStream;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Spec;
import org.hypergrad.nn.save.SafeTensors.Entry;

/** Collects how a file differs from what shall be loaded, before anything is changed. */
final class Comparison {
  private final SafeTensors file;
  private final LoadOptions options;
  private final Set<String> known = new HashSet<>();
  private final List<String> problems = new ArrayList<>();

  Comparison(SafeTensors file, LoadOptions options) {
    this.file = file;
    this.options = options;
  }

  /** A tensor of this name, type and shape is wanted. */
  void wants(String name, Spec spec) {
    if (options.ignores(name) || isMissing(name)) {
      return;
    }
    Entry found = file.entries().get(name);
    List<Long> shape = LongStream.of(spec.shape().toArray()).boxed().toList();
    if (!found.shape().equals(shape)) {
      problem(name + ": shape differs, " + found.shape() + " in the file, " + shape + " here");
    }
    if (!isReadable(found, spec.dtype())) {
      problem(
          name + ": type differs, " + found.dtype() + " in the file, " + spec.dtype() + " here");
    }
  }

  /** An I64 scalar (rank 0) or vector of this name is wanted. */
  void wantsLongs(String name, List<Long> shape) {
    if (isMissing(name)) {
      return;
    }
    Entry found = file.entries().get(name);
    if (!found.dtype().equals(ElementType.I64.name()) || !found.shape().equals(shape)) {
      problem(name + ": is " + found.dtype() + found.shape() + " in the file, not I64" + shape);
    }
  }

  /** A tensor that is there is not wanted. */
  void leavesOut(String name) {
    known.add(name);
  }

  /** A tensor that is there is wanted in a type. */
  void wantsType(String name, DType dtype) {
    known.add(name);
    if (!isReadable(file.entries().get(name), dtype)) {
      problem(name + ": cannot be " + dtype + ", is " + file.entries().get(name).dtype());
    }
  }

  private boolean isMissing(String name) {
    known.add(name);
    boolean missing = !file.names().contains(name);
    if (missing) {
      problem(name + ": missing in the file");
    }
    return missing;
  }

  private boolean isReadable(Entry found, DType dtype) {
    Optional<ElementType> type = ElementType.named(found.dtype());
    return type.isPresent()
        && (type.get().isSame(dtype)
            || (options.converts() && type.get().isFloating() && dtype.isFloating()));
  }

  void problem(String text) {
    problems.add(text);
  }

  /** Whatever else is in the file, but for this prefix, is a problem too. */
  void wantsNothingElse(Optional<String> exceptPrefix) {
    for (String name : file.names()) {
      boolean excepted = exceptPrefix.isPresent() && name.startsWith(exceptPrefix.get());
      if (!known.contains(name) && !options.ignores(name) && !excepted) {
        problem(name + ": unexpected in the file");
      }
    }
  }

  /**
   * Ends the comparison.
   *
   * @throws CheckpointException that lists all problems, if there are any
   */
  void check() {
    if (!problems.isEmpty()) {
      throw new CheckpointException(
          file.file(),
          "does not fit, nothing was loaded",
          problems,
          "what was saved from the same architecture",
          "LoadOptions says what may differ",
          null);
    }
  }
}
