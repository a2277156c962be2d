package org.hypergrad.engine.op;

/**
 * A point-wise function z = f(x, y), its value and its two partial derivatives side by side.
 *
 * <p>The formulas here, in double, define the op; the backends implement them in their own types.
 * Edge values are those of PyTorch: NaN passes through, where two inputs tie the gradient of a
 * maximum is shared in halves, and powers follow {@link SpecialFunctions#pow}.
 */
public enum BinaryKind {
  /** x + y. */
  ADD(Keeps.NOTHING) {
    @Override
    public double value(double x, double y) {
      return x + y;
    }

    @Override
    public double gradientX(double dz, double x, double y) {
      return dz;
    }

    @Override
    public double gradientY(double dz, double x, double y) {
      return dz;
    }
  },
  /** x - y. */
  SUB(Keeps.NOTHING) {
    @Override
    public double value(double x, double y) {
      return x - y;
    }

    @Override
    public double gradientX(double dz, double x, double y) {
      return dz;
    }

    @Override
    public double gradientY(double dz, double x, double y) {
      return -dz;
    }
  },
  /** x y. */
  MUL(Keeps.INPUT) {
    @Override
    public double value(double x, double y) {
      return x * y;
    }

    @Override
    public double gradientX(double dz, double x, double y) {
      return dz * y;
    }

    @Override
    public double gradientY(double dz, double x, double y) {
      return dz * x;
    }
  },
  /** x / y. */
  DIV(Keeps.INPUT) {
    @Override
    public double value(double x, double y) {
      return x / y;
    }

    @Override
    public double gradientX(double dz, double x, double y) {
      return dz / y;
    }

    // (x / y) / y and not x / (y y), which would overflow or vanish for a large or small y.
    @Override
    public double gradientY(double dz, double x, double y) {
      return -dz * ((x / y) / y);
    }
  },
  /** x to the power y; the gradient towards y is 0 where x = 0 and y &ge; 0. */
  POW(Keeps.INPUT) {
    @Override
    public double value(double x, double y) {
      return SpecialFunctions.pow(x, y);
    }

    @Override
    public double gradientX(double dz, double x, double y) {
      return y == 0 ? 0 : dz * (y * SpecialFunctions.pow(x, y - 1));
    }

    @Override
    public double gradientY(double dz, double x, double y) {
      return x == 0 && y >= 0 ? 0 : dz * (SpecialFunctions.pow(x, y) * Math.log(x));
    }
  },
  /** The larger of x and y, NaN if either is; both sides then get the whole gradient. */
  MAXIMUM(Keeps.INPUT) {
    @Override
    public double value(double x, double y) {
      return Math.max(x, y);
    }

    @Override
    public double gradientX(double dz, double x, double y) {
      return x < y ? 0 : x == y ? dz / 2 : dz;
    }

    @Override
    public double gradientY(double dz, double x, double y) {
      return y < x ? 0 : x == y ? dz / 2 : dz;
    }
  },
  /** The smaller of x and y, NaN if either is; both sides then get the whole gradient. */
  MINIMUM(Keeps.INPUT) {
    @Override
    public double value(double x, double y) {
      return Math.min(x, y);
    }

    @Override
    public double gradientX(double dz, double x, double y) {
      return x > y ? 0 : x == y ? dz / 2 : dz;
    }

    @Override
    public double gradientY(double dz, double x, double y) {
      return y > x ? 0 : x == y ? dz / 2 : dz;
    }
  },
  /** (x - y) squared. */
  SQUARED_DIFFERENCE(Keeps.INPUT) {
    @Override
    public double value(double x, double y) {
      return (x - y) * (x - y);
    }

    @Override
    public double gradientX(double dz, double x, double y) {
      return dz * 2 * (x - y);
    }

    @Override
    public double gradientY(double dz, double x, double y) {
      return dz * -2 * (x - y);
    }
  },
  /**
   * The binary cross-entropy of a logit x and a target y: max(x, 0) - x y + log(1 + exp(-|x|)),
   * which never leaves the range of the type.
   */
  BINARY_CROSS_ENTROPY(Keeps.INPUT) {
    @Override
    public double value(double x, double y) {
      return Math.max(x, 0) - x * y + Math.log1p(Math.exp(-Math.abs(x)));
    }

    @Override
    public double gradientX(double dz, double x, double y) {
      return dz * (UnaryKind.SIGMOID.value(x, 0, 0) - y);
    }

    @Override
    public double gradientY(double dz, double x, double y) {
      return -dz * x;
    }
  };

  private final Keeps keeps;
  private final Names names = Names.of(this);

  BinaryKind(Keeps keeps) {
    this.keeps = keeps;
  }

  Names names() {
    return names;
  }

  /** What both derivatives need kept. */
  public Keeps keeps() {
    return keeps;
  }

  /** f(x, y). */
  public abstract double value(double x, double y);

  /** What dz adds to the gradient of x: dz df/dx. */
  public abstract double gradientX(double dz, double x, double y);

  /** What dz adds to the gradient of y: dz df/dy. */
  public abstract double gradientY(double dz, double x, double y);
}
