package org.hypergrad.bench.peers.djl;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.DefaultTrainingConfig;
import ai.djl.training.GradientCollector;
import ai.djl.training.Trainer;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.Tracker;
import java.io.IOException;
import org.hypergrad.bench.peers.Work;
import org.hypergrad.bench.peers.Worker;

/** Trains in DJL. Arguments: the row, the threads, and the folder for its natives. */
public final class DjlWorker {
  private DjlWorker() {}

  public static void main(String[] args) throws IOException {
    Work work = Work.named(args[0]);
    System.setProperty("ai.djl.pytorch.num_threads", args[1]);
    System.setProperty("DJL_CACHE_DIR", args[2]);
    System.setProperty("ENGINE_CACHE_DIR", args[2]);
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    Optimizer momentum =
        Optimizer.sgd()
            .setLearningRateTracker(Tracker.fixed((float) Work.RATE))
            .optMomentum((float) Work.MOMENTUM)
            .build();
    Loss loss = Loss.softmaxCrossEntropyLoss();
    DefaultTrainingConfig config = new DefaultTrainingConfig(loss).optOptimizer(momentum);
    Nets nets = new Nets();
    try (Model model = Model.newInstance(work.title(), "PyTorch")) {
      model.setBlock(nets.of(work));
      try (Trainer trainer = model.newTrainer(config)) {
        trainer.initialize(new Shape(work.shape()));
        NDManager manager = trainer.getManager();
        nets.fill(manager);
        NDList x = new NDList(manager.create(work.input(), new Shape(work.shape())));
        NDList labels = new NDList(manager.create(work.labels()));
        Worker.serve(() -> step(trainer, loss, x, labels));
      }
    }
  }

  private static double step(Trainer trainer, Loss loss, NDList x, NDList labels) {
    try (NDManager scope = trainer.getManager().newSubManager();
        GradientCollector collector = Engine.getInstance().newGradientCollector()) {
      NDList inputs = new NDList(x);
      inputs.forEach(input -> input.tempAttach(scope));
      NDList outputs = trainer.forward(inputs);
      NDArray mean = loss.evaluate(labels, outputs);
      collector.backward(mean);
      trainer.step();
      return mean.getFloat();
    }
  }
}
