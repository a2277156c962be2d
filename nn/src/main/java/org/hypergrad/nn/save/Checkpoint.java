package org.hypergrad.nn.save;

import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.State;

/**
 * All that training needs to go on as if it had not stopped, in one file: a model with its sources
 * of random numbers, the state of its optimizer by parameter, steps done, and what the caller adds.
 *
 * <pre>{@code
 * Checkpoint checkpoint = new Checkpoint(model, optimizer);
 * checkpoint.save(file, Progress.of(trainer.progress()));
 * ...
 * trainer.resume(checkpoint.restore(file).numbers());
 * }</pre>
 *
 * <p>Going on gives the same bits as not stopping, on the same device with as many threads; where
 * these are others than when it was saved, {@link #restore} logs a warning. A schedule is a
 * function of the steps done and is not saved. The model alone can be loaded by {@link
 * Weights#load}.
 *
 * @param model what is trained
 * @param optimizer what trains it
 */
public record Checkpoint(Module model, Optimizer optimizer) {
  /** Begins the names of what is no tensor of the model. */
  static final String PREFIX = "training/";

  private static final String STATE = PREFIX + "state/";
  private static final String COUNTER = PREFIX + "counter/";
  private static final String GENERATOR = PREFIX + "generator/";
  private static final String PROGRESS = PREFIX + "progress/";
  private static final String STEPS = PREFIX + "steps";
  private static final String RULE = "hypergrad.rule.";
  private static final String TEXT = "progress.";

  /**
   * Names what is to be saved and restored.
   *
   * @throws ArgumentException if the optimizer changes what is no parameter of the model, or if a
   *     parameter's name holds a slash
   */
  public Checkpoint {
    Map<String, Tensor> own = Weights.tensors(model);
    for (Parameter p : optimizer.parameters()) {
      if (own.get(p.name()) != p.value() || p.name().contains("/")) {
        throw new ArgumentException(
            "checkpoint",
            "the optimizer has a parameter that is not the model's, or whose name has a slash",
            p.name() + " " + p.value().spec(),
            "parameters of the model",
            "make it of model.parameters()");
      }
    }
  }

  /**
   * Saves everything.
   *
   * @throws CheckpointException that says why the file cannot be written; the old one is then as it
   *     was
   */
  public void save(Path file, Progress progress) {
    SafeTensorsWriter out = new SafeTensorsWriter();
    Weights.description(model).forEach(out::metadata);
    Weights.tensors(model).forEach(out::tensor);
    for (Parameter p : optimizer.parameters()) {
      String name = p.name();
      State state = optimizer.state(name);
      out.metadata(RULE + name, optimizer.rule(name).toString());
      state.tensors().forEach((path, t) -> out.tensor(STATE + name + "/" + path, t));
      state.counters().forEach((path, n) -> out.counter(COUNTER + name + "/" + path, n));
    }
    out.counter(STEPS, optimizer.steps());
    model.generators().forEach((name, g) -> out.longs(GENERATOR + name, g.seed(), g.stream()));
    progress.numbers().forEach((name, n) -> out.counter(PROGRESS + name, n));
    progress.texts().forEach((name, text) -> out.metadata(TEXT + name, text));
    out.write(file);
  }

  /**
   * What the caller had saved, without restoring anything.
   *
   * @throws CheckpointException if the file cannot be read or is damaged
   */
  public static Progress progress(Path file) {
    try (SafeTensors in = SafeTensors.open(file)) {
      return progress(in);
    }
  }

  /**
   * Restores everything, into a model and an optimizer made as those that were saved.
   *
   * @return what the caller had saved
   * @throws CheckpointException if the file cannot be read or is damaged, or with every mismatch;
   *     all is then as it was
   */
  public Progress restore(Path file) {
    return restore(file, LoadOptions.strict());
  }

  /**
   * As {@link #restore(Path)}, where some things may differ.
   *
   * @throws CheckpointException if the file cannot be read or is damaged, or with every mismatch;
   *     all is then as it was
   */
  public Progress restore(Path file, LoadOptions options) {
    try (SafeTensors in = SafeTensors.open(file)) {
      Comparison comparison = new Comparison(in, options);
      Weights.compare(Weights.tensors(model), comparison);
      compareRules(in, options, comparison);
      List<Saved> saved = saved(in, options, comparison);
      comparison.wantsLongs(STEPS, List.of());
      model.generators().keySet().forEach(g -> comparison.wantsLongs(GENERATOR + g, List.of(2L)));
      namesUnder(PROGRESS, in).values().forEach(n -> comparison.wantsLongs(n, List.of()));
      comparison.wantsNothingElse(Optional.empty());
      comparison.check();
      warnIfElsewhere(in);
      Scope.run(() -> restore(in, options, saved));
      return progress(in);
    }
  }

  /** What the file holds of the state of one parameter: names of tensors and counters, by path. */
  private record Saved(
      Parameter parameter, Map<String, String> tensors, Map<String, String> counters) {}

  private void compareRules(SafeTensors in, LoadOptions options, Comparison comparison) {
    Map<String, String> rules = under(RULE, in.metadata());
    Map<String, List<String>> differences = new LinkedHashMap<>();
    for (String name : rules.keySet().stream().filter(options::ignores).toList()) {
      rules.remove(name);
      leaveOut(name, in, comparison);
    }
    for (Parameter p : wanted(options)) {
      String before = rules.remove(p.name());
      String now = optimizer.rule(p.name()).toString();
      if (before == null) {
        comparison.problem(p.name() + ": has an optimizer here, none in the file");
      } else if (!options.otherRules() && !before.equals(now)) {
        differences.computeIfAbsent(difference(before, now), d -> new ArrayList<>()).add(p.name());
      }
    }
    differences.forEach(
        (difference, names) ->
            comparison.problem("optimizer of " + String.join(", ", names) + ": " + difference));
    rules.forEach(
        (name, rule) ->
            comparison.problem(name + ": has an optimizer in the file, " + rule + ", none here"));
  }

  private List<Parameter> wanted(LoadOptions options) {
    return optimizer.parameters().stream().filter(p -> !options.ignores(p.name())).toList();
  }

  /** What differs in two descriptions: what is left without their common ends, by whole words. */
  private static String difference(String before, String now) {
    int most = Math.min(before.length(), now.length());
    int start = 0;
    while (start < most && before.charAt(start) == now.charAt(start)) {
      start++;
    }
    int end = 0;
    while (end < most - start
        && before.charAt(before.length() - 1 - end) == now.charAt(now.length() - 1 - end)) {
      end++;
    }
    while (start > 0 && ",[ ".indexOf(before.charAt(start - 1)) < 0) {
      start--;
    }
    while (end > 0 && ",]".indexOf(before.charAt(before.length() - end)) < 0) {
      end--;
    }
    return before.substring(start, before.length() - end)
        + " in the file, "
        + now.substring(start, now.length() - end)
        + " here";
  }

  /** The state to restore, by parameter; that of a rule of another kind is left out. */
  private List<Saved> saved(SafeTensors in, LoadOptions options, Comparison comparison) {
    List<Saved> all = new ArrayList<>();
    for (Parameter p : wanted(options)) {
      Map<String, String> tensors = namesUnder(STATE + p.name() + "/", in);
      Map<String, String> counters = namesUnder(COUNTER + p.name() + "/", in);
      String before = in.metadata().getOrDefault(RULE + p.name(), "");
      if (kind(before).equals(kind(optimizer.rule(p.name()).toString()))) {
        tensors.values().forEach(n -> comparison.wantsType(n, stateType(in, n, p, options)));
        counters.values().forEach(n -> comparison.wantsLongs(n, List.of()));
        all.add(new Saved(p, tensors, counters));
      } else {
        leaveOut(p.name(), in, comparison);
        all.add(new Saved(p, Map.of(), Map.of()));
      }
    }
    return all;
  }

  private static void leaveOut(String parameter, SafeTensors in, Comparison comparison) {
    namesUnder(STATE + parameter + "/", in).values().forEach(comparison::leavesOut);
    namesUnder(COUNTER + parameter + "/", in).values().forEach(comparison::leavesOut);
  }

  /** The name of a rule without its hyper-parameters. */
  private static String kind(String rule) {
    int end = rule.indexOf('[');
    return end < 0 ? rule : rule.substring(0, end);
  }

  /** State keeps its type, unless the parameter's own is converted. */
  private static DType stateType(
      SafeTensors in, String name, Parameter parameter, LoadOptions options) {
    DType own = parameter.value().dtype();
    Optional<DType> type =
        ElementType.named(in.entries().get(name).dtype()).flatMap(ElementType::readAs);
    return type.filter(t -> !(options.converts() && t.isFloating())).orElse(own);
  }

  private void restore(SafeTensors in, LoadOptions options, List<Saved> saved) {
    Map<Tensor, Tensor> weights = Weights.read(Weights.tensors(model), in, options);
    // Read in full before the first change: memory may not suffice.
    List<Runnable> changes = new ArrayList<>();
    for (Saved one : saved) {
      Parameter p = one.parameter;
      State state = optimizer.state(p.name());
      changes.add(state::clear);
      one.tensors.forEach(
          (path, name) -> {
            DType type = stateType(in, name, p, options);
            Tensor value = p.value().device().call(() -> in.tensor(name, type));
            changes.add(() -> state.putAt(path, value));
          });
      one.counters.forEach(
          (path, name) -> changes.add(() -> state.setCounterAt(path, in.longs(name)[0])));
    }
    Weights.assign(weights);
    changes.forEach(Runnable::run);
    optimizer.setSteps(in.longs(STEPS)[0]);
    model.generators().forEach((name, g) -> restore(g, in.longs(GENERATOR + name)));
  }

  private static void restore(Generator generator, long[] place) {
    generator.restore(place[0], place[1]);
  }

  private void warnIfElsewhere(SafeTensors in) {
    Device device = Weights.device(model);
    String before = place(in.metadata().get(Weights.DEVICE), in.metadata().get(Weights.THREADS));
    String now = place(device.toString(), String.valueOf(device.threads()));
    if (!before.equals(now)) {
      System.getLogger(Checkpoint.class.getName())
          .log(
              Level.WARNING,
              "{0} was saved on {1} and goes on on {2}: last bits may differ",
              in.file(),
              before,
              now);
    }
  }

  private static String place(String device, String threads) {
    return device + " with " + threads + " threads";
  }

  private static Progress progress(SafeTensors in) {
    Map<String, Long> numbers = new HashMap<>();
    namesUnder(PROGRESS, in).forEach((key, name) -> numbers.put(key, in.longs(name)[0]));
    return new Progress(numbers, under(TEXT, in.metadata()));
  }

  /** The names that begin so, by what follows. */
  private static Map<String, String> namesUnder(String prefix, SafeTensors in) {
    Map<String, String> found = new LinkedHashMap<>();
    for (String name : in.names()) {
      if (name.startsWith(prefix)) {
        found.put(name.substring(prefix.length()), name);
      }
    }
    return found;
  }

  private static Map<String, String> under(String prefix, Map<String, String> texts) {
    Map<String, String> found = new LinkedHashMap<>();
    texts.forEach(
        (key, text) -> {
          if (key.startsWith(prefix)) {
            found.put(key.substring(prefix.length()), text);
          }
        });
    return found;
  }
}
