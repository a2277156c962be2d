package org.hypergrad.nn.save;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import java.util.List;
import java.util.function.BiConsumer;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Sequential;
import org.hypergrad.nn.layer.BatchNorm1d;
import org.hypergrad.nn.layer.Linear;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** PyTorch's layout; whole networks in it are tested beside the models. */
class StateDictTest {
  @TempDir private Path folder;

  private static Sequential model() {
    return Sequential.of(new Linear(new Generator(1), 2, 3), new BatchNorm1d(3));
  }

  /** A model, and a file in PyTorch's layout, on both devices. */
  private void run(BiConsumer<Module, SafeTensorsWriter> body) {
    for (Device device : List.of(Device.reference(), Device.cpu())) {
      device.run(
          () ->
              Scope.run(
                  () -> {
                    try (Sequential model = model()) {
                      SafeTensorsWriter writer =
                          new SafeTensorsWriter()
                              .tensor("0.bias", Tensor.of(new float[] {7, 8, 9}, 3))
                              .tensor("1.weight", Tensor.ones(3))
                              .tensor("1.bias", Tensor.zeros(3))
                              .tensor("1.running_mean", Tensor.zeros(3))
                              .tensor("1.running_var", Tensor.ones(3));
                      body.accept(model, writer);
                    }
                  }));
    }
  }

  private static Tensor weight() {
    return Tensor.of(new float[] {1, 2, 3, 4, 5, 6}, 3, 2);
  }

  private Path file() {
    return folder.resolve("a.safetensors");
  }

  /** y = W x + b with W [outputs, inputs]; the counter may be missing, as in old files. */
  @Test
  void denseWeightsAreTransposed() {
    run(
        (model, writer) -> {
          writer.tensor("0.weight", weight()).write(file());
          StateDict.load(model, file());
          Module dense = model.children().get("0");
          Tensor x = Tensor.of(new float[] {10, 1}, 1, 2);
          assertArrayEquals(new float[] {19, 42, 65}, dense.apply(x).toFloats());
          StateDict.save(model, file());
          try (SafeTensors in = SafeTensors.open(file())) {
            assertArrayEquals(weight().toFloats(), in.tensor("0.weight").toFloats());
            assertEquals(List.of(3L, 2L), in.entries().get("0.weight").shape());
            assertArrayEquals(new long[] {0}, in.longs("1.num_batches_tracked"));
          }
        });
  }

  @Test
  void everyMismatchIsListedAndNothingIsChanged() {
    run(
        (model, writer) -> {
          writer
              .tensor("0.weight", weight().transpose())
              .tensor("1.num_batches_tracked", Tensor.of(new int[] {1}, 1))
              .counter("num_batches_tracked", 3)
              .write(file());
          float[] before = model.parameters().get(1).value().toFloats();
          CheckpointException e =
              assertThrows(CheckpointException.class, () -> StateDict.load(model, file()));
          assertEquals(
              List.of(
                  "0.weight: shape differs, [2, 3] in the file, [3, 2] here",
                  "1.num_batches_tracked: is I32[1] in the file, not I64[]",
                  "num_batches_tracked: unexpected in the file"),
              e.problems());
          assertArrayEquals(before, model.parameters().get(1).value().toFloats());
        });
  }

  @Test
  void leavesOutWhatIsIgnored() {
    run(
        (model, writer) -> {
          writer.tensor("0.weight", Tensor.ones(5, 2)).write(file());
          float[] before = model.parameters().get(0).value().toFloats();
          StateDict.load(model, file(), LoadOptions.strict().ignoring("0.weight"));
          assertArrayEquals(before, model.parameters().get(0).value().toFloats());
          assertArrayEquals(new float[] {7, 8, 9}, model.parameters().get(1).value().toFloats());
        });
  }
}
