package org.hypergrad.nn.save;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Device;
import org.hypergrad.engine.Scope;
import org.hypergrad.engine.Tensor;

/** Saves in a JVM of its own: version after version, so that each value of one is its number. */
final class Child {
  static final String SAVED = "saved";
  static final String REFUSED = "refused: ";
  private static final int ELEMENTS = 300_000;

  private Child() {}

  /** The command that starts it on a file. */
  static List<String> command(Path file, long first, long last) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(
        List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Xmx256m"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Child.class.getName()));
    command.addAll(List.of(file.toString(), String.valueOf(first), String.valueOf(last)));
    return command;
  }

  /** Saves one version. */
  static void save(Path file, long version) {
    Device.reference()
        .run(
            () ->
                Scope.run(
                    () ->
                        SafeTensors.write(
                            file,
                            Map.of("a", Tensor.full(version, DType.INT32, ELEMENTS)),
                            Map.of("version", String.valueOf(version)))));
  }

  public static void main(String[] args) {
    Path file = Path.of(args[0]);
    try {
      for (long v = Long.parseLong(args[1]); v <= Long.parseLong(args[2]); v++) {
        save(file, v);
        System.out.println(SAVED);
      }
    } catch (CheckpointException e) {
      System.out.println(REFUSED + e.getMessage());
    }
  }
}
