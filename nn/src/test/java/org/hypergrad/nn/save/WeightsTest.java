package org.hypergrad.nn.save;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Module;
import org.hypergrad.nn.Sequential;
import org.hypergrad.nn.layer.Activation;
import org.hypergrad.nn.layer.BatchNorm1d;
import org.hypergrad.nn.layer.Linear;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WeightsTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void nameTheFile() {
    file = folder.resolve("a.safetensors");
  }

  private static Sequential model(long seed) {
    Generator random = new Generator(seed);
    return Sequential.builder()
        .add("first", new Linear(random, 4, 3))
        .add("norm", new BatchNorm1d(3))
        .add("relu", Activation.relu())
        .add("last", new Linear(random, 3, 2))
        .build();
  }

  private static Map<String, List<Integer>> bits(Module model) {
    return Bits.of(Weights.tensors(model));
  }

  private static void on(Device device, Consumer<Module> body) {
    device.run(
        () -> {
          try (Module model = model(1)) {
            Scope.run(() -> body.accept(model));
          }
        });
  }

  private void roundTrip(Device saving, Device loading) {
    Map<String, Map<String, List<Integer>>> saved = new LinkedHashMap<>();
    on(
        saving,
        model -> {
          model.apply(new Generator(5).normal(1, 8, 4));
          Weights.save(model, file);
          saved.put("", bits(model));
        });
    loading.run(
        () -> {
          try (Module other = model(2)) {
            assertNotEquals(saved.get(""), bits(other));
            Weights.load(other, file);
            assertEquals(saved.get(""), bits(other));
          }
        });
  }

  /** Texts of the caller's come back; what the file itself says of its origin is not theirs. */
  @Test
  void textsAreKept() {
    on(
        Device.reference(),
        model -> {
          Map<String, String> texts =
              Map.of("classes", "cat\n\u732b \"dog\"", "hypergrad.device", "none");
          Weights.save(model, file, texts);
          Weights.load(model, file);
        });
    try (SafeTensors in = SafeTensors.open(file)) {
      assertEquals("cat\n\u732b \"dog\"", in.metadata().get("classes"));
      assertEquals(Device.reference().toString(), in.metadata().get("hypergrad.device"));
    }
  }

  @Test
  void comeBackBitByBit() {
    roundTrip(Device.reference(), Device.reference());
    roundTrip(Device.cpu(), Device.cpu());
  }

  @Test
  void moveBetweenDevices() {
    roundTrip(Device.cpu(), Device.reference());
    roundTrip(Device.reference(), Device.cpu());
  }

  @Test
  void theFileSaysWhatItHolds() {
    on(
        Device.cpu(),
        model -> {
          Weights.save(model, file);
          try (SafeTensors in = SafeTensors.open(file)) {
            assertEquals(
                """
                Sequential
                first: Linear(4, 3)
                norm: BatchNorm1d(3)
                relu: ReLU
                last: Linear(3, 2)\
                """,
                in.metadata().get("hypergrad.architecture"));
            assertEquals("cpu", in.metadata().get("hypergrad.device"));
            assertEquals(
                String.valueOf(Device.cpu().threads()), in.metadata().get("hypergrad.threads"));
            assertTrue(in.metadata().containsKey("hypergrad.version"));
            assertEquals(
                List.of("F32", "F32"),
                List.of(
                    in.entries().get("norm.running_mean").dtype(),
                    in.entries().get("first.weight").dtype()));
          }
        });
  }

  /** The tensors of a model with some of them replaced, or removed by null. */
  private void write(Module model, Map<String, Tensor> changes) {
    Map<String, Tensor> tensors = new TreeMap<>(Weights.tensors(model));
    tensors.putAll(changes);
    tensors.values().removeIf(Objects::isNull);
    SafeTensors.write(file, tensors, Map.of());
  }

  @Test
  void everyMismatchIsListedAndNothingIsChanged() {
    on(
        Device.reference(),
        model -> {
          Map<String, Tensor> changes = new TreeMap<>();
          changes.put("first.weight", Tensor.ones(3, 4));
          changes.put("first.bias", null);
          changes.put("norm.running_var", Tensor.of(new double[] {1, 1, 1}, 3));
          changes.put("norm.bias", Tensor.of(new int[] {1, 1}, 2));
          changes.put("extra", Tensor.ones(1));
          write(model, changes);
          Map<String, List<Integer>> before = bits(model);
          CheckpointException e =
              assertThrows(CheckpointException.class, () -> Weights.load(model, file));
          assertEquals(file, e.file());
          assertEquals(
              List.of(
                  "first.weight: shape differs, [3, 4] in the file, [4, 3] here",
                  "first.bias: missing in the file",
                  "norm.bias: shape differs, [2] in the file, [3] here",
                  "norm.bias: type differs, I32 in the file, float32 here",
                  "norm.running_var: type differs, F64 in the file, float32 here",
                  "extra: unexpected in the file"),
              e.problems());
          e.problems().forEach(p -> assertTrue(e.getMessage().contains(p)));
          assertEquals(before, bits(model));
        });
  }

  @Test
  void aDamagedFileChangesNothing() {
    on(
        Device.reference(),
        model -> {
          Map<String, List<Integer>> before = bits(model);
          assertThrows(CheckpointException.class, () -> Weights.load(model, file));
          assertEquals(before, bits(model));
        });
  }

  @Test
  void extraNamesAreIgnoredIfAsked() {
    on(
        Device.reference(),
        model -> {
          SafeTensorsWriter out = new SafeTensorsWriter();
          Weights.tensors(model).forEach(out::tensor);
          out.counter("norm.num_batches_tracked", 12).write(file);
          Map<String, List<Integer>> saved = bits(model);
          try (Module other = model(2)) {
            CheckpointException e =
                assertThrows(CheckpointException.class, () -> Weights.load(other, file));
            assertEquals(List.of("norm.num_batches_tracked: unexpected in the file"), e.problems());
            Weights.load(other, file, LoadOptions.strict().ignoring("*.num_batches_tracked"));
            assertEquals(saved, bits(other));
          }
        });
  }

  @Test
  void ignoredPartsOfTheModelStay() {
    on(
        Device.reference(),
        model -> {
          write(model, Map.of("last.weight", Tensor.ones(3, 10), "last.bias", Tensor.ones(10)));
          try (Module other = model(2)) {
            Map<String, List<Integer>> expected = new TreeMap<>(bits(model));
            bits(other)
                .forEach((name, b) -> expected.compute(name, (n, v) -> n.startsWith("l") ? b : v));
            Weights.load(other, file, LoadOptions.strict().ignoring("last.*"));
            assertEquals(expected, bits(other));
          }
        });
  }

  @Test
  void floatingTypesConvertIfAsked() {
    Device.reference()
        .run(
            () ->
                Scope.run(
                    () -> {
                      try (Module model = model(1)) {
                        write(model, Map.of("last.bias", Tensor.of(new double[] {.1, -2}, 2)));
                      }
                    }));
    on(
        Device.cpu(),
        model -> {
          assertThrows(CheckpointException.class, () -> Weights.load(model, file));
          Weights.load(model, file, LoadOptions.strict().converting());
          Tensor bias = Weights.tensors(model).get("last.bias");
          assertEquals(.1f, bias.get(0));
          assertEquals(-2, bias.get(1));
          assertEquals(DType.FLOAT32, bias.dtype());
        });
  }

  @Test
  void trainingGoesOnAfterALoad() {
    on(
        Device.reference(),
        model -> {
          Weights.save(model, file);
          Weights.load(model, file);
          model.parameters().forEach(p -> assertTrue(p.value().requiresGradient(), p.name()));
        });
  }
}
