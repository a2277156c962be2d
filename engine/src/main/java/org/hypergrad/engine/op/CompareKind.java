package org.hypergrad.engine.op;

/** A point-wise comparison. Every test against NaN is false, but {@link #NE}, which is true. */
public enum CompareKind {
  /** x = y. */
  EQ {
    @Override
    public boolean test(double x, double y) {
      return x == y;
    }
  },
  /** x differs from y. */
  NE {
    @Override
    public boolean test(double x, double y) {
      return x != y;
    }
  },
  /** x &lt; y. */
  LT {
    @Override
    public boolean test(double x, double y) {
      return x < y;
    }
  },
  /** x &le; y. */
  LE {
    @Override
    public boolean test(double x, double y) {
      return x <= y;
    }
  },
  /** x &gt; y. */
  GT {
    @Override
    public boolean test(double x, double y) {
      return x > y;
    }
  },
  /** x &ge; y. */
  GE {
    @Override
    public boolean test(double x, double y) {
      return x >= y;
    }
  };

  private final Names names = Names.of(this);

  Names names() {
    return names;
  }

  /** Whether the comparison holds; IEEE 754 order, so -0.0 equals 0.0. */
  public abstract boolean test(double x, double y);
}
