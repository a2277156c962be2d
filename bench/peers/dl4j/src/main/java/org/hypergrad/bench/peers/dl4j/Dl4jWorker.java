package org.hypergrad.bench.peers.dl4j;

import java.io.IOException;
import org.deeplearning4j.nn.conf.CNN2DFormat;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.hypergrad.bench.peers.Work;
import org.hypergrad.bench.peers.Worker;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Trains in DL4J. Arguments: the row, {@code contiguous} or {@code channels-last}; the threads are
 * those of OpenMP.
 */
public final class Dl4jWorker {
  private Dl4jWorker() {}

  public static void main(String[] args) throws IOException {
    Work work = Work.named(args[0]);
    CNN2DFormat layout =
        switch (args[1]) {
          case "contiguous" -> CNN2DFormat.NCHW;
          case "channels-last" -> CNN2DFormat.NHWC;
          default -> throw new IllegalArgumentException("peers: no such layout; got " + args[1]);
        };
    // Workspaces hold what a step makes, so that collecting garbage is of no use.
    Nd4j.getMemoryManager().togglePeriodicGc(false);
    INDArray x = Nd4j.create(work.input(), work.shape(), 'c');
    if (work.hasImages() && layout == CNN2DFormat.NHWC) {
      x = x.permute(0, 2, 3, 1).dup('c');
    }
    int[] classes = work.labels();
    INDArray labels = Nd4j.zeros(DataType.FLOAT, classes.length, work.classes());
    for (int i = 0; i < classes.length; i++) {
      labels.putScalar(i, classes[i], 1);
    }
    ComputationGraph net = Nets.of(work, layout);
    INDArray[] inputs = {x};
    INDArray[] targets = {labels};
    Worker.serve(
        () -> {
          net.fit(inputs, targets);
          return net.score();
        });
  }
}
