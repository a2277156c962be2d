package org.hypergrad.nn.save;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.hypergrad.engine.Gradients;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.Sequential;
import org.hypergrad.nn.layer.Activation;
import org.hypergrad.nn.layer.BatchNorm1d;
import org.hypergrad.nn.layer.Dropout;
import org.hypergrad.nn.layer.Linear;
import org.hypergrad.nn.optim.Optimizer;
import org.hypergrad.nn.optim.Rule;
import org.hypergrad.nn.optim.Schedule;
import org.hypergrad.nn.optim.State;

/** A small network with all that has to be saved: buffers, dropout, optimizer, schedule. */
final class Training implements AutoCloseable {
  final Sequential model;
  final Optimizer optimizer;
  final Checkpoint checkpoint;

  /** Another seed gives other weights and another place of dropout. */
  Training(Rule rule, long seed) {
    Generator random = new Generator(seed);
    model =
        Sequential.builder()
            .add("first", new Linear(random, 4, 5))
            .add("norm", new BatchNorm1d(5))
            .add("relu", Activation.relu())
            .add("drop", new Dropout(new Generator(seed + 10), 0.3))
            .add("last", new Linear(random, 5, 2))
            .build();
    optimizer = Optimizer.of(rule, model.parameters()).schedule(Schedule.cosine(8, 0.1));
    checkpoint = new Checkpoint(model, optimizer);
  }

  /** Trains from step {@code first} up to before {@code last}. */
  Training steps(long first, long last) {
    for (long i = first; i < last; i++) {
      Generator data = new Generator(77, 10 * i);
      Scope.run(
          () -> {
            Tensor x = data.normal(1, 8, 4);
            Tensor y = data.normal(1, 8, 2);
            Gradients gradients =
                Tape.record(tape -> tape.backward(model.apply(x).sub(y).square().mean()));
            optimizer.step(gradients);
          });
    }
    return this;
  }

  /** All that training depends on. */
  Map<String, Object> all() {
    Map<String, Object> all = new TreeMap<>(Bits.of(Weights.tensors(model)));
    for (Parameter p : optimizer.parameters()) {
      State state = optimizer.state(p.name());
      all.put("tensors of " + p.name(), Bits.of(state.tensors()));
      all.put("counters of " + p.name(), new LinkedHashMap<>(state.counters()));
    }
    all.put("steps", optimizer.steps());
    model.generators().forEach((n, g) -> all.put(n, List.of(g.seed(), g.stream())));
    return all;
  }

  @Override
  public void close() {
    optimizer.close();
    model.close();
  }
}
