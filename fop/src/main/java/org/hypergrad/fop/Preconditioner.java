package org.hypergrad.fop;

import java.util.Optional;
import org.hypergrad.engine.DType;
import org.hypergrad.engine.Shape;
import org.hypergrad.engine.Tensor;
import org.hypergrad.engine.error.ArgumentException;
import org.hypergrad.engine.error.ShapeException;
import org.hypergrad.engine.random.Generator;
import org.hypergrad.nn.Parameter;
import org.hypergrad.nn.optim.StandardRule;

/**
 * What kind of P a parameter has, and how its factor M starts and moves.
 *
 * @param form how P follows from M, and on which side of the parameter it acts
 * @param rank columns of M at most; there are never more than rows
 * @param deviation standard deviation of the first M, where it is random
 * @param frozen whether M stays as it starts: a control for what learning adds
 * @param hyper the rule that moves M, if not that of the {@link Fop}
 */
public record Preconditioner(
    Form form, long rank, double deviation, boolean frozen, Optional<StandardRule> hyper) {
  /** How P follows from M. */
  public enum Form {
    /** P = I: the base rule alone. */
    NONE,
    /**
     * P = M M^T over the positions of a convolution's kernel, shared by all its channels: M [height
     * width, height width] starts at I. For 1 x 1 kernels, M is a number.
     */
    SPATIAL,
    /** P = M M^T over the inputs of a dense weight, or a vector: M [m, m] starts at I. */
    PRODUCT,
    /** P = I + M M^T likewise: M [m, k] starts at random, for M = 0 would stay 0. */
    IDENTITY_PLUS_PRODUCT
  }

  /**
   * Checks the numbers.
   *
   * @throws ArgumentException if rank or deviation is not positive
   */
  public Preconditioner {
    if (rank < 1) {
      throw new ArgumentException("fop", "rank out of range", "rank " + rank, ">= 1", "");
    }
    if (!(deviation > 0 && deviation < Double.POSITIVE_INFINITY)) {
      throw new ArgumentException(
          "fop",
          "deviation out of range",
          "deviation " + deviation,
          "finite and > 0",
          "M = 0 never moves; start small");
    }
  }

  private static Preconditioner of(Form form, long rank) {
    return new Preconditioner(form, rank, 0.1, false, Optional.empty());
  }

  /** The base rule alone. */
  public static Preconditioner none() {
    return of(Form.NONE, Long.MAX_VALUE);
  }

  /** P = M M^T over the positions of a kernel. */
  public static Preconditioner spatial() {
    return of(Form.SPATIAL, Long.MAX_VALUE);
  }

  /** P = M M^T over the first axis of a dense weight or a vector. */
  public static Preconditioner product() {
    return of(Form.PRODUCT, Long.MAX_VALUE);
  }

  /** P = I + M M^T with M [m, min(rank, m)] of deviation .1 at first. */
  public static Preconditioner lowRank(long rank) {
    return of(Form.IDENTITY_PLUS_PRODUCT, rank);
  }

  /** P = I + M M^T with a square M of deviation .1 at first. */
  public static Preconditioner fullRank() {
    return lowRank(Long.MAX_VALUE);
  }

  /** What a parameter gets unless told otherwise: {@link Fop} says which. */
  static Preconditioner of(Parameter parameter) {
    int axes = parameter.value().rank();
    return switch (parameter.role()) {
      case CONV_KERNEL, TRANSPOSED_CONV_KERNEL -> axes == 4 ? spatial() : none();
      case DENSE_WEIGHT -> axes == 2 ? fullRank() : none();
      case BIAS, SCALE, SHIFT, OTHER -> none();
    };
  }

  /** With another standard deviation of the first M. */
  public Preconditioner deviation(double value) {
    return new Preconditioner(form, rank, value, frozen, hyper);
  }

  /** With M staying as it starts. */
  public Preconditioner freeze() {
    return new Preconditioner(form, rank, deviation, true, hyper);
  }

  /** With a rule of its own for M. */
  public Preconditioner hyper(StandardRule rule) {
    return new Preconditioner(form, rank, deviation, frozen, Optional.of(rule));
  }

  /**
   * The shape of M for a parameter.
   *
   * @throws ShapeException if the form does not fit the parameter
   */
  Shape factor(Parameter parameter) {
    Shape shape = parameter.value().shape();
    boolean fits =
        form == Form.SPATIAL ? shape.rank() == 4 : shape.rank() == 1 || shape.rank() == 2;
    if (!fits) {
      throw new ShapeException(
          "fop",
          form + " does not fit a parameter",
          parameter.name() + " " + shape,
          form == Form.SPATIAL ? "a kernel of 4 axes" : "a matrix or a vector",
          "choose Preconditioner.none() for it");
    }
    long rows = form == Form.SPATIAL ? shape.extent(2) * shape.extent(3) : shape.extent(0);
    return Shape.of(rows, form == Form.IDENTITY_PLUS_PRODUCT ? Math.min(rank, rows) : rows);
  }

  /**
   * M, if it is one for this parameter.
   *
   * @throws ShapeException if it is not
   */
  Tensor fitting(Parameter parameter, Tensor m) {
    if (!m.shape().equals(factor(parameter))) {
      throw new ShapeException(
          "fop",
          "M does not fit",
          m.spec() + " for " + parameter.name(),
          factor(parameter).toString(),
          "a state of other options?");
    }
    return m;
  }

  /** The first M, of the parameter's type. */
  Tensor first(Parameter parameter, long seed) {
    Shape shape = factor(parameter);
    Tensor first =
        form == Form.IDENTITY_PLUS_PRODUCT
            ? new Generator(seed, hash(parameter.name())).normal(deviation, shape.toArray())
            : FopMatrix.identity(shape.extent(0), DType.FLOAT32);
    return first.to(parameter.value().dtype());
  }

  /** FNV-1a of a name in 64 bits: the same stream whatever the order of the parameters. */
  private static long hash(String name) {
    long hash = 0xcbf29ce484222325L;
    for (byte b : name.getBytes(java.nio.charset.StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    }
    return hash;
  }

  /** A tensor of the parameter's shape, seen as the matrix that P multiplies from the left. */
  Tensor matrix(Tensor x) {
    return switch (form) {
      case SPATIAL -> x.reshape(x.extent(0) * x.extent(1), x.extent(2) * x.extent(3)).transpose();
      default -> x.rank() == 1 ? x.unsqueeze(1) : x;
    };
  }

  /** Undoes {@link #matrix}. */
  Tensor restore(Tensor matrix, Shape shape) {
    return (form == Form.SPATIAL ? matrix.transpose() : matrix).reshape(shape.toArray());
  }

  /** For tables: the form, and whether it is frozen. */
  String label() {
    String text =
        switch (form) {
          case NONE -> "none";
          case SPATIAL -> "M M^T, spatial";
          case PRODUCT -> "M M^T";
          case IDENTITY_PLUS_PRODUCT -> "I + M M^T";
        };
    return frozen ? text + ", frozen" : text;
  }
}
