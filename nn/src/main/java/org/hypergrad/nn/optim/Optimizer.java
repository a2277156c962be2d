package org.hypergrad.nn.optim;

import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.error.LifetimeException;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Selector;

/**
 * Changes the parameters of a model by their gradients, each by the rule of its group. It owns the
 * state of the rules, by the parameter's name, and counts the steps.
 *
 * <pre>{@code
 * try (Optimizer optimizer = Optimizer.of(new Sgd(0.1).momentum(0.9), model.parameters())) {
 *   optimizer.step(gradients);
 * }
 * }</pre>
 */
public final class Optimizer implements AutoCloseable {
  /**
   * A rule for some of the parameters.
   *
   * @param selector which
   * @param rule how they change
   */
  public record Group(Selector selector, Rule rule) {}

  /** One parameter with what changes it. */
  private record Entry(Parameter parameter, Rule rule, State state) {}

  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final List<Consumer<Gradients>> observers = new ArrayList<>();
  private Schedule schedule = Schedule.constant();
  private long steps;
  private boolean closed;

  private Optimizer(List<Group> groups, List<Parameter> parameters) {
    List<String> unclaimed = new ArrayList<>();
    for (Parameter parameter : parameters) {
      Rule rule = null;
      for (int i = 0; rule == null && i < groups.size(); i++) {
        rule = groups.get(i).selector().picks(parameter) ? groups.get(i).rule() : null;
      }
      if (rule == null) {
        unclaimed.add(parameter.name());
      } else if (entries.put(parameter.name(), new Entry(parameter, rule, new State())) != null) {
        throw new ArgumentException(
            "optimizer", "two parameters of one name", parameter.name(), "unique names", "");
      }
    }
    if (!unclaimed.isEmpty()) {
      throw new ArgumentException(
          "optimizer",
          "parameters in no group",
          String.join(", ", unclaimed),
          "a group for each",
          "end with a group of Selector.all(), or do not pass what shall not change");
    }
    System.Logger log = System.getLogger(Optimizer.class.getName());
    groups.stream()
        .map(Group::rule)
        .distinct()
        .forEach(rule -> rule.caution(of(rule)).ifPresent(c -> log.log(Level.WARNING, c)));
  }

  private List<Parameter> of(Rule rule) {
    return entries.values().stream()
        .filter(e -> e.rule.equals(rule))
        .map(Entry::parameter)
        .toList();
  }

  /** One rule for all. */
  public static Optimizer of(Rule rule, List<Parameter> parameters) {
    return new Optimizer(List.of(new Group(Selector.all(), rule)), parameters);
  }

  /**
   * A parameter belongs to the first group that picks it.
   *
   * @throws ArgumentException that lists the parameters in no group
   */
  public static Optimizer of(List<Group> groups, List<Parameter> parameters) {
    return new Optimizer(groups, parameters);
  }

  /** Multiplies all rates by a factor that depends on the step. */
  public Optimizer schedule(Schedule schedule) {
    this.schedule = schedule;
    return this;
  }

  /** Calls this with the gradients before each step, to look at what is about to happen. */
  public Optimizer beforeStep(Consumer<Gradients> observer) {
    observers.add(observer);
    return this;
  }

  /**
   * One step. A parameter without a gradient stays as it is, and so does its state. If a rule
   * throws, some of the parameters have moved: go on from a checkpoint.
   */
  public void step(Gradients gradients) {
    if (closed) {
      throw new LifetimeException(
          "optimizer", "used after close", steps + " steps done", "an open optimizer", "");
    }
    observers.forEach(o -> o.accept(gradients));
    double factor = scheduleFactor();
    Map<Together, List<Rule.Update>> updates = new LinkedHashMap<>();
    entries.values().forEach(e -> prepare(e, gradients, updates));
    updates.forEach(
        (together, some) ->
            together.device.run(
                () ->
                    Tape.paused(
                        () -> {
                          double rate = together.rule.rate() * factor;
                          Scope.run(() -> together.rule.step(some, rate));
                          return null;
                        })));
    steps++;
  }

  /** What parameters have in common that one call of their rule changes. */
  private record Together(Rule rule, Device device, DType dtype) {}

  private static void prepare(
      Entry e, Gradients gradients, Map<Together, List<Rule.Update>> updates) {
    Tensor value = e.parameter.value();
    if (gradients.has(value)) {
      updates
          .computeIfAbsent(
              new Together(e.rule, value.device(), value.dtype()), t -> new ArrayList<>())
          .add(new Rule.Update(e.parameter, gradients.of(value), e.state));
    } else {
      e.rule.skip(e.parameter, e.state);
    }
  }

  /** Steps done. */
  public long steps() {
    return steps;
  }

  /** Goes on as after this many steps: the schedule's place. */
  public void setSteps(long steps) {
    this.steps = steps;
  }

  /** The schedule's factor at the next step. */
  public double scheduleFactor() {
    return schedule.factor(steps);
  }

  /** The parameters, in order. */
  public List<Parameter> parameters() {
    return entries.values().stream().map(Entry::parameter).toList();
  }

  /** The rule of a parameter. */
  public Rule rule(String name) {
    return entry(name).rule;
  }

  /** What is remembered about a parameter. */
  public State state(String name) {
    return entry(name).state;
  }

  private Entry entry(String name) {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw new ArgumentException(
          "optimizer", "no such parameter", name, entries.keySet().toString(), "");
    }
    return entry;
  }

  /** What to change if training diverges: what the rules say. */
  public String remedy() {
    return entries.values().stream()
        .map(e -> e.rule.remedy())
        .distinct()
        .collect(Collectors.joining(", or ", "try ", ""));
  }

  /** Ends the state; the parameters are not the optimizer's. */
  @Override
  public void close() {
    closed = true;
    entries.values().forEach(e -> e.state.close());
  }
}
