package org.hypergrad.bench.peers.libtorch;

import java.io.IOException;
import java.util.Arrays;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.SGD;
import org.bytedeco.pytorch.SGDOptions;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.MemoryFormat;
import org.hypergrad.bench.peers.Work;
import org.hypergrad.bench.peers.Worker;

/**
 * Trains in libtorch. Arguments: the row, {@code contiguous} or {@code channels-last}, and the
 * threads.
 */
public final class LibtorchWorker {
  private LibtorchWorker() {}

  public static void main(String[] args) throws IOException {
    Work work = Work.named(args[0]);
    MemoryFormat layout =
        switch (args[1]) {
          case "contiguous" -> MemoryFormat.Contiguous;
          case "channels-last" -> MemoryFormat.ChannelsLast;
          default -> throw new IllegalArgumentException("peers: no such layout; got " + args[1]);
        };
    torch.set_num_threads(Integer.parseInt(args[2]));
    Tensor x = torch.tensor(work.input()).reshape(work.shape()).contiguous(layout);
    Tensor labels = torch.tensor(Arrays.stream(work.labels()).asLongStream().toArray());
    Layers layers = new Layers(layout);
    Layers.Function net = Nets.of(work, layers);
    SGDOptions options = new SGDOptions(Work.RATE);
    options.momentum().put(Work.MOMENTUM);
    SGD optimizer = new SGD(layers.parameters(), options);
    Worker.serve(
        () -> {
          try (PointerScope _ = new PointerScope()) {
            optimizer.zero_grad();
            Tensor loss = torch.cross_entropy_loss(net.apply(x), labels);
            loss.backward();
            optimizer.step();
            return loss.item_float();
          }
        });
  }
}
