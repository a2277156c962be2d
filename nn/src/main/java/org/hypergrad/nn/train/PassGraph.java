package org.hypergrad.nn.train;

import java.util.List;
import org.hypergrad.engine.Graph;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;
import org.hypergrad.nn.Loss;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.data.Batch;

/**
 * Passes of batches by a {@link Graph}, which is of the shape of the first. A batch of another,
 * such as the last of an epoch, passes without it; so does the first after modules changed their
 * mode or parameters were frozen, and those that follow have a graph of their own.
 */
final class PassGraph implements AutoCloseable {
  /** A rule may keep a gradient until the next step, which must not write in its place. */
  private static final int TURNS = 2;

  private final Module model;
  private final Loss loss;
  private Captured captured;

  /** What the last pass depended on. */
  private Setting last;

  PassGraph(Module model, Loss loss) {
    this.model = model;
    this.loss = loss;
  }

  /** What a pass depends on beside the values of tensors. */
  private record Setting(Spec input, Spec target, List<Boolean> training, List<Boolean> trained) {
    static Setting of(Module model, Batch data) {
      return new Setting(
          data.input().spec(),
          data.target().spec(),
          model.modules().values().stream().map(Module::isTraining).toList(),
          model.parameters().stream().map(p -> p.value().requiresGradient()).toList());
    }
  }

  /** A graph, and the tensors in which it finds a batch. */
  private record Captured(Setting setting, Tensor input, Tensor target, Graph<Pass> graph) {
    Pass run(Batch data) {
      input.assign(data.input());
      target.assign(data.target());
      return graph.run();
    }

    void close() {
      graph.close();
      input.close();
      target.close();
    }
  }

  /** The pass of a batch; what it holds is for the step that follows, and the next. */
  Pass of(Batch data) {
    Setting setting = Setting.of(model, data);
    if (captured == null || setting.equals(last) && !setting.equals(captured.setting)) {
      capture(setting, data);
    }
    last = setting;
    return setting.equals(captured.setting)
        ? captured.run(data)
        : Pass.of(model, loss, data.input(), data.target());
  }

  private void capture(Setting setting, Batch data) {
    close();
    Tensor input = data.input().copy().retain();
    Tensor target = data.target().copy().retain();
    Graph<Pass> graph = Graph.of(TURNS, () -> Pass.of(model, loss, input, target));
    captured = new Captured(setting, input, target, graph);
  }

  @Override
  public void close() {
    if (captured != null) {
      captured.close();
      captured = null;
    }
  }
}
