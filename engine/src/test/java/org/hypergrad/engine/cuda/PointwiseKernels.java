package org.hypergrad.engine.cuda;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Dispatch;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Spec;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.conformance.Layout;
import org.hypergrad.engine.op.Arange;
import org.hypergrad.engine.op.Binary;
import org.hypergrad.engine.op.BinaryKind;
import org.hypergrad.engine.op.Cast;
import org.hypergrad.engine.op.Compare;
import org.hypergrad.engine.op.CompareKind;
import org.hypergrad.engine.op.Keeps;
import org.hypergrad.engine.op.Op;
import org.hypergrad.engine.op.Unary;
import org.hypergrad.engine.op.UnaryKind;
import org.hypergrad.engine.op.Where;
import org.hypergrad.kernels.DeviceMemory;
import org.hypergrad.kernels.Launch;

/** Cases of the families unary, binary and pointwise. */
final class PointwiseKernels {
  private static final List<DType> TYPES = List.of(DType.FLOAT32, DType.INT32, DType.UINT8);

  private PointwiseKernels() {}

  static List<KernelCase> cases() {
    List<KernelCase> cases = new ArrayList<>();
    for (UnaryKind kind : UnaryKind.values()) {
      cases.add(KernelCase.of("unary_" + lower(kind) + "_f32", gpu -> unary(gpu, kind)));
      cases.add(
          KernelCase.of("unary_" + lower(kind) + "_gradient_f32", gpu -> unaryGradient(gpu, kind)));
    }
    for (BinaryKind kind : BinaryKind.values()) {
      cases.add(KernelCase.of("binary_" + lower(kind) + "_f32", gpu -> binary(gpu, kind)));
      cases.add(binaryGradient(kind, false));
      cases.add(binaryGradient(kind, true));
    }
    for (DType dtype : TYPES) {
      for (CompareKind kind : CompareKind.values()) {
        String kernel = "pointwise_" + lower(kind) + "_" + type(dtype);
        cases.add(KernelCase.of(kernel, gpu -> compare(gpu, kernel, kind, dtype)));
      }
      String arange = "pointwise_arange_" + type(dtype);
      cases.add(KernelCase.of(arange, gpu -> arange(gpu, arange, dtype)));
      for (DType to : TYPES) {
        String cast = "pointwise_cast_" + type(dtype) + "_" + type(to);
        if (to != dtype) {
          cases.add(KernelCase.of(cast, gpu -> cast(gpu, cast, dtype, to)));
        }
      }
    }
    cases.add(KernelCase.of("pointwise_where_b32", PointwiseKernels::whereWords));
    cases.add(KernelCase.of("pointwise_where_b8", PointwiseKernels::whereBytes));
    return cases;
  }

  private static String lower(Enum<?> kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }

  static String type(DType dtype) {
    return switch (dtype) {
      case FLOAT32 -> "f32";
      case FLOAT64 -> "f64";
      case INT32 -> "i32";
      case UINT8 -> "u8";
    };
  }

  /** Runs an op on the host; its one result in row-major order. */
  static double[] reference(Op op, Tensor... in) {
    return Dispatch.run(op, in)[0].toDoubles();
  }

  // Parameters that float32 holds exactly.
  private static double first(UnaryKind kind) {
    return kind == UnaryKind.CLAMP ? -0.75 : 1.25;
  }

  private static double second(UnaryKind kind) {
    return kind == UnaryKind.CLAMP ? 1.125 : 0;
  }

  /** From ordinary to so large that sine and cosine must reduce their argument with care. */
  private static double wide(double v) {
    return Math.abs(v) < 1.5 ? 2 * v : v * Math.pow(10, 3 * Math.abs(v));
  }

  private static void unary(Gpu gpu, UnaryKind kind) {
    float a = (float) first(kind);
    float b = (float) second(kind);
    for (Operands o : Operands.all()) {
      Tensor x = o.floats(1, PointwiseKernels::wide);
      double[] expected = reference(new Unary(kind, a, b), x);
      double[] actual =
          gpu.map(
              "unary_" + lower(kind) + "_f32",
              DType.FLOAT32,
              o.shape(),
              o.gridX(),
              List.of(x),
              launch -> launch.float32(a).float32(b));
      Gpu.assertClose(kind + " of " + o, expected, actual);
    }
  }

  private static void unaryGradient(Gpu gpu, UnaryKind kind) {
    float a = (float) first(kind);
    float b = (float) second(kind);
    for (Operands o : Operands.all()) {
      Tensor dy = o.floats(1);
      Tensor kept = o.floats(2, PointwiseKernels::wide);
      Unary.Gradient op = new Unary.Gradient(kind, a, b);
      double[] expected =
          kind.keeps() == Keeps.NOTHING ? reference(op, dy) : reference(op, dy, kept);
      double[] actual =
          gpu.map(
              "unary_" + lower(kind) + "_gradient_f32",
              DType.FLOAT32,
              o.shape(),
              o.gridX(),
              List.of(dy, kept),
              launch -> launch.float32(a).float32(b));
      Gpu.assertClose(kind + " gradient of " + o, expected, actual);
    }
  }

  /** Operands of two shapes, each broadcast to the result's. */
  private record Sides(Tensor x, Tensor y, Shape shape, int gridX) {}

  private static List<Sides> sides() {
    List<Sides> sides = new ArrayList<>();
    for (Operands o : Operands.all()) {
      sides.add(new Sides(o.floats(2), o.floats(3), o.shape(), o.gridX()));
    }
    long[][][] pairs = {
      {{2, 3, 5, 3}, {3, 1, 1}},
      {{5, 1}, {7}},
      {{2, 3, 1}, {1, 5}},
      {{}, {67}},
      {{0, 3}, {3}},
      {{41, 67}, {67}}
    };
    for (long[][] pair : pairs) {
      for (int swap = 0; swap < 2; swap++) {
        Tensor x = contiguous(pair[swap]).floats(4);
        Tensor y = contiguous(pair[1 - swap]).floats(5);
        sides.add(new Sides(x, y, Shape.broadcast("test", x.shape(), y.shape()), 1));
      }
    }
    return sides;
  }

  private static Operands contiguous(long... extents) {
    return new Operands(Shape.of(extents), Layout.CONTIGUOUS, 1);
  }

  private static void binary(Gpu gpu, BinaryKind kind) {
    for (Sides s : sides()) {
      double[] expected = reference(new Binary(kind), s.x, s.y);
      double[] actual =
          gpu.map(
              "binary_" + lower(kind) + "_f32",
              DType.FLOAT32,
              s.shape,
              s.gridX,
              List.of(s.x, s.y),
              UnaryOperator.identity());
      Gpu.assertClose(kind + " of " + s.x + " and " + s.y, expected, actual);
    }
  }

  private static KernelCase binaryGradient(BinaryKind kind, boolean second) {
    String kernel = "binary_" + lower(kind) + "_gradient_" + (second ? "y" : "x") + "_f32";
    return KernelCase.of(
        kernel,
        gpu -> {
          for (Sides s : sides()) {
            Tensor dz = contiguous(s.shape.toArray()).floats(6);
            double[] expected = reference(new Binary.Gradient(kind, second), dz, s.x, s.y);
            double[] actual =
                gpu.map(
                    kernel,
                    DType.FLOAT32,
                    s.shape,
                    s.gridX,
                    List.of(dz, s.x, s.y),
                    UnaryOperator.identity());
            Gpu.assertClose(kernel + " of " + s.x + " and " + s.y, expected, actual);
          }
        });
  }

  /** Few different values, so that some are equal. */
  private static Tensor coarse(Operands o, DType dtype, long salt) {
    return dtype == DType.FLOAT32
        ? o.floats(salt, Math::rint)
        : o.whole(dtype, salt, dtype == DType.INT32 ? -2 : 0, 3);
  }

  private static void compare(Gpu gpu, String kernel, CompareKind kind, DType dtype) {
    for (Operands o : Operands.all()) {
      Tensor x = coarse(o, dtype, 1);
      Tensor y = coarse(o, dtype, 2);
      double[] actual =
          gpu.map(
              kernel, DType.UINT8, o.shape(), o.gridX(), List.of(x, y), UnaryOperator.identity());
      Gpu.assertSame(kernel + " of " + o, reference(new Compare(kind), x, y), actual);
    }
  }

  private static void whereWords(Gpu gpu) {
    for (Operands o : Operands.all()) {
      where(gpu, "pointwise_where_b32", o, o.floats(2), o.floats(3));
      where(
          gpu,
          "pointwise_where_b32",
          o,
          o.whole(DType.INT32, 2, Integer.MIN_VALUE, Integer.MAX_VALUE),
          o.whole(DType.INT32, 3, Integer.MIN_VALUE, Integer.MAX_VALUE));
    }
  }

  private static void whereBytes(Gpu gpu) {
    for (Operands o : Operands.all()) {
      where(
          gpu,
          "pointwise_where_b8",
          o,
          o.whole(DType.UINT8, 2, 0, 256),
          o.whole(DType.UINT8, 3, 0, 256));
    }
  }

  private static void where(Gpu gpu, String kernel, Operands o, Tensor x, Tensor y) {
    Tensor condition = o.whole(DType.UINT8, 1, 0, 2);
    double[] actual =
        gpu.map(
            kernel,
            x.dtype(),
            o.shape(),
            o.gridX(),
            List.of(condition, x, y),
            UnaryOperator.identity());
    Gpu.assertSame(kernel + " of " + o, reference(new Where(), condition, x, y), actual);
  }

  private static void cast(Gpu gpu, String kernel, DType from, DType to) {
    for (Operands o : Operands.all()) {
      Tensor x =
          switch (from) {
            case FLOAT32 -> o.floats(1, v -> v * Math.pow(10, 6 * v));
            case INT32 -> o.whole(from, 1, Integer.MIN_VALUE, Integer.MAX_VALUE);
            default -> o.whole(from, 1, 0, 256);
          };
      double[] actual =
          gpu.map(kernel, to, o.shape(), o.gridX(), List.of(x), UnaryOperator.identity());
      Gpu.assertSame(kernel + " of " + o, reference(new Cast(to), x), actual);
    }
  }

  private static void arange(Gpu gpu, String kernel, DType dtype) {
    for (long n : new long[] {0, 1, 67, 4099}) {
      double start = dtype == DType.FLOAT32 ? -0.1 : 3;
      double step = dtype == DType.FLOAT32 ? 0.3 : 7;
      DeviceMemory y = gpu.block(n * dtype.bytes());
      Launch launch = gpu.launch(kernel, 2).pointer(y).int64(n);
      launch.float64(start).float64(step).run();
      double[] expected = reference(new Arange(Spec.of(dtype, n), start, step));
      Gpu.assertSame(kernel + " of " + n, expected, gpu.download(y, dtype));
    }
  }
}
