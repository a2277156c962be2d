package org.hypergrad.nn.save;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.hypergrad.engine.Tensor;

/** Values of float32 tensors by their bits, to compare them exactly. */
final class Bits {
  private Bits() {}

  static Map<String, List<Integer>> of(Map<String, Tensor> tensors) {
    Map<String, List<Integer>> all = new TreeMap<>();
    tensors.forEach((name, tensor) -> all.put(name, of(tensor)));
    return all;
  }

  private static List<Integer> of(Tensor tensor) {
    List<Integer> bits = new ArrayList<>();
    for (float value : tensor.toFloats()) {
      bits.add(Float.floatToRawIntBits(value));
    }
    return bits;
  }
}
