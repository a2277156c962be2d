package org.hypergrad.engine.op;

/**
 * A point-wise function y = f(x), its value and its derivative side by side.
 *
 * <p>The formulas here, in double, define the op; the backends implement them in their own types.
 * Some functions have parameters, a and b, which the others ignore. Edge values are those of
 * PyTorch: NaN passes through unless a constant says otherwise, an infinite derivative stays
 * infinite, and where a function has a corner the constant says which derivative counts.
 */
public enum UnaryKind {
  /** -x; the sign of a zero changes too. */
  NEG(Keeps.NOTHING) {
    @Override
    public double value(double x, double a, double b) {
      return -x;
    }

    @Override
    public double gradient(double dy, double x, double y, double a, double b) {
      return -dy;
    }
  },
  /** |x|; derivative 0 at 0 and at NaN. */
  ABS(Keeps.INPUT) {
    @Override
    public double value(double x, double a, double b) {
      return Math.abs(x);
    }

    @Override
    public double gradient(double dy, double x, double y, double a, double b) {
      return dy * (x > 0 ? 1 : x < 0 ? -1 : 0);
    }
  },
  /** e to the x. */
  EXP(Keeps.OUTPUT) {
    @Override
    public double value(double x, double a, double b) {
      return Math.exp(x);
    }

    @Override
    public double gradient(double dy, double x, double y, double a, double b) {
      return dy * y;
    }
  },
  /** The natural logarithm: -infinity at 0, NaN below. */
  LOG(Keeps.INPUT) {
    @Override
    public double value(double x, double a, double b) {
      return Math.log(x);
    }

    @Override
    public double gradient(double dy, double x, double y, double a, double b) {
      return dy / x;
    }
  },
  /** The square root: NaN below 0, derivative infinite at 0. */
  SQRT(Keeps.OUTPUT) {
    @Override
    public double value(double x, double a, double b) {
      return Math.sqrt(x);
    }

    @Override
    public double gradient(double dy, double x, double y, double a, double b) {
      return dy / (2 * y);
    }
  },
  /** x squared. */
  SQUARE(Keeps.INPUT) {
    @Override
    public double value(double x, double a, double b) {
      return x * x;
    }

    @Override
    public double gradient(double dy, double x, double y, double a, double b) {
      return dy * (2 * x);
    }
  },
  /** 1 / x. */
  RECIPROCAL(Keeps.OUTPUT) {
    @Override
    public double value(double x, double a, double b) {
      return 1 / x;
    }

    @Override
    public double gradient(double dy, double x, double y, double a, double b) {
      return -dy * (y * y);
    }
  },
  /** The sine of x radians. */
  SIN(Keeps.INPUT) {
    @Override
    public double value(double x, double a, double b) {
      return Math.sin(x);
    }

    @Override
    public double gradient(double dy, double x, double y, double a, double b) {
      return dy * Math.cos(x);
    }
  },
  /** The cosine of x radians. */
  COS(Keeps.INPUT) {
    @Override
    public double value(double x, double a, double b) {
      return Math.cos(x);
    }

    @Override
    public double gradient(double dy, double x, double y, double a, double b) {
      return -dy * Math.sin(x);
    }
  },
  /** The hyperbolic tangent. */
  TANH(Keeps.OUTPUT) {
    @Override
    public double value(double x, double a, double b) {
      return Math.tanh(x);
    }

    @Override
    public double gradient(double dy, double x, double y, double a, double b) {
      return dy * (1 - y * y);
    }
  },
  /** The logistic function 1 / (1 + exp(-x)). */
  SIGMOID(Keeps.OUTPUT) {
    // exp(-x) overflows to infinity for a very negative x, whose reciprocal is the right 0.
    @Override
    public double value(double x, double a, double b) {
      return 1 / (1 + Math.exp(-x));
    }

    @Override
    public double gradient(double dy, double x, double y, double a, double b) {
      return dy * (1 - y) * y;
    }
  },
  /** max(x, 0), where -0.0 stays -0.0; derivative 0 at 0 and 1 at NaN. */
  RELU(Keeps.OUTPUT) {
    @Override
    public double value(double x, double a, double b) {
      return x < 0 ? 0 : x;
    }

    @Override
    public double gradient(double dy, double x, double y, double a, double b) {
      return y <= 0 ? 0 : dy;
    }
  },
  /**
   * x where x &gt; 0, else a x; derivative a at 0 and at NaN. The input is kept: a may be &le; 0.
   */
  LEAKY_RELU(Keeps.INPUT) {
    @Override
    public double value(double x, double a, double b) {
      return x > 0 ? x : a * x;
    }

    @Override
    public double gradient(double dy, double x, double y, double a, double b) {
      return x > 0 ? dy : a * dy;
    }
  },
  /**
   * 0 where |x| &le; a, else x; also called hard thresholding. NaN stays, as PyTorch's does. The
   * derivative is 0 where the value was made 0.
   */
  HARD_SHRINK(Keeps.INPUT) {
    @Override
    public double value(double x, double a, double b) {
      return Math.abs(x) <= a ? 0 : x;
    }

    @Override
    public double gradient(double dy, double x, double y, double a, double b) {
      return Math.abs(x) <= a ? 0 : dy;
    }
  },
  /**
   * x Phi(x), with Phi the distribution function of the standard normal (Hendrycks and Gimpel,
   * 2016). NaN at -infinity, as the product 0 times infinity is.
   */
  GELU(Keeps.INPUT) {
    @Override
    public double value(double x, double a, double b) {
      return x * SpecialFunctions.normalCdf(x);
    }

    @Override
    public double gradient(double dy, double x, double y, double a, double b) {
      return dy * (SpecialFunctions.normalCdf(x) + x * SpecialFunctions.normalPdf(x));
    }
  },
  /** x (1 + tanh u) / 2 with u = sqrt(2 / pi) (x + 0.044715 x^3), the approximation of GELU. */
  GELU_TANH(Keeps.INPUT) {
    @Override
    public double value(double x, double a, double b) {
      return x * 0.5 * (1 + Math.tanh(GELU_SCALE * (x + GELU_CUBIC * x * x * x)));
    }

    @Override
    public double gradient(double dy, double x, double y, double a, double b) {
      double t = Math.tanh(GELU_SCALE * (x + GELU_CUBIC * x * x * x));
      double slope = GELU_SCALE * (1 + 3 * GELU_CUBIC * x * x);
      return dy * 0.5 * (1 + t + x * (1 - t * t) * slope);
    }
  },
  /** log(1 + exp(x)), and x itself above 20, where the two agree in float32. */
  SOFTPLUS(Keeps.INPUT) {
    @Override
    public double value(double x, double a, double b) {
      return x > 20 ? x : Math.log1p(Math.exp(x));
    }

    @Override
    public double gradient(double dy, double x, double y, double a, double b) {
      return x > 20 ? dy : dy * (1 / (1 + Math.exp(-x)));
    }
  },
  /** x to the power a, as {@link SpecialFunctions#pow}; derivative 0 everywhere if a is 0. */
  POW(Keeps.INPUT) {
    @Override
    public double value(double x, double a, double b) {
      return SpecialFunctions.pow(x, a);
    }

    @Override
    public double gradient(double dy, double x, double y, double a, double b) {
      return a == 0 ? 0 : dy * (a * SpecialFunctions.pow(x, a - 1));
    }
  },
  /**
   * x limited to [a, b], and b everywhere if a &gt; b; neither bound may be NaN. The derivative is
   * 1 on the closed interval, else 0, and so at NaN.
   */
  CLAMP(Keeps.INPUT) {
    @Override
    public double value(double x, double a, double b) {
      double raised = x < a ? a : x;
      return raised > b ? b : raised;
    }

    @Override
    public double gradient(double dy, double x, double y, double a, double b) {
      return x >= a && x <= b ? dy : 0;
    }
  },
  /** x + a. */
  ADD_SCALAR(Keeps.NOTHING) {
    @Override
    public double value(double x, double a, double b) {
      return x + a;
    }

    @Override
    public double gradient(double dy, double x, double y, double a, double b) {
      return dy;
    }
  },
  /** a x. */
  MUL_SCALAR(Keeps.NOTHING) {
    @Override
    public double value(double x, double a, double b) {
      return a * x;
    }

    @Override
    public double gradient(double dy, double x, double y, double a, double b) {
      return a * dy;
    }
  };

  /** sqrt(2 / pi), the factor inside the hyperbolic tangent of {@link #GELU_TANH}. */
  public static final double GELU_SCALE = 0.7978845608028654;

  /** The coefficient of x^3 in {@link #GELU_TANH}. */
  public static final double GELU_CUBIC = 0.044715;

  private final Keeps keeps;
  private final Names names = Names.of(this);

  UnaryKind(Keeps keeps) {
    this.keeps = keeps;
  }

  Names names() {
    return names;
  }

  /** What the derivative needs kept. */
  public Keeps keeps() {
    return keeps;
  }

  /** f(x). */
  public abstract double value(double x, double a, double b);

  /**
   * What dy adds to the gradient of x: dy df/dx. Only what {@link #keeps} names is read of x and y.
   */
  public abstract double gradient(double dy, double x, double y, double a, double b);
}
