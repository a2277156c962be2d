// Functions of one number, value and derivative side by side: y = value(x), dx = gradient(dy, kept), where kept is x or
// y, whichever the derivative needs, or nothing. NaN and infinity go where PyTorch lets them go.
#pragma once

#include "common.cuh"

struct Parameters {
  float a, b;
};

// What the gradient reads beside dy.
enum class Keeps { NOTHING, INPUT, OUTPUT };

struct Neg {
  static constexpr Keeps keeps = Keeps::NOTHING;
  static FN float value(float x, Parameters) { return -x; }
  static FN float gradient(float dy, float, Parameters) { return -dy; }
};

struct Abs {
  static constexpr Keeps keeps = Keeps::INPUT;
  static FN float value(float x, Parameters) { return fabsf(x); }
  static FN float gradient(float dy, float x, Parameters) { return dy * (x > 0 ? 1.0f : x < 0 ? -1.0f : 0.0f); }
};

struct Exp {
  static constexpr Keeps keeps = Keeps::OUTPUT;
  static FN float value(float x, Parameters) { return expf(x); }
  static FN float gradient(float dy, float y, Parameters) { return dy * y; }
};

struct Log {
  static constexpr Keeps keeps = Keeps::INPUT;
  static FN float value(float x, Parameters) { return logf(x); }
  static FN float gradient(float dy, float x, Parameters) { return dy / x; }
};

struct Sqrt {
  static constexpr Keeps keeps = Keeps::OUTPUT;
  static FN float value(float x, Parameters) { return sqrtf(x); }
  static FN float gradient(float dy, float y, Parameters) { return dy / (2 * y); }
};

struct Square {
  static constexpr Keeps keeps = Keeps::INPUT;
  static FN float value(float x, Parameters) { return x * x; }
  static FN float gradient(float dy, float x, Parameters) { return dy * (2 * x); }
};

struct Reciprocal {
  static constexpr Keeps keeps = Keeps::OUTPUT;
  static FN float value(float x, Parameters) { return 1 / x; }
  static FN float gradient(float dy, float y, Parameters) { return -dy * (y * y); }
};

// The sine and cosine of a large x need more digits of pi than a register holds: CUDA's functions keep 28 bytes on the
// stack for them. That is no spill, and only |x| above 10^5 touches it.
struct Sin {
  static constexpr Keeps keeps = Keeps::INPUT;
  static FN float value(float x, Parameters) { return sinf(x); }
  static FN float gradient(float dy, float x, Parameters) { return dy * cosf(x); }
};

struct Cos {
  static constexpr Keeps keeps = Keeps::INPUT;
  static FN float value(float x, Parameters) { return cosf(x); }
  static FN float gradient(float dy, float x, Parameters) { return -dy * sinf(x); }
};

struct Tanh {
  static constexpr Keeps keeps = Keeps::OUTPUT;
  static FN float value(float x, Parameters) { return tanhf(x); }
  static FN float gradient(float dy, float y, Parameters) { return dy * (1 - y * y); }
};

struct Sigmoid {
  static constexpr Keeps keeps = Keeps::OUTPUT;
  // expf(-x) overflows to infinity for a very negative x, whose reciprocal is the right 0.
  static FN float value(float x, Parameters) { return 1 / (1 + expf(-x)); }
  static FN float gradient(float dy, float y, Parameters) { return dy * (1 - y) * y; }
};

struct Relu {
  static constexpr Keeps keeps = Keeps::OUTPUT;
  static FN float value(float x, Parameters) { return x < 0 ? 0 : x; }
  static FN float gradient(float dy, float y, Parameters) { return y <= 0 ? 0 : dy; }
};

struct LeakyRelu {
  static constexpr Keeps keeps = Keeps::INPUT;
  static FN float value(float x, Parameters p) { return x > 0 ? x : p.a * x; }
  static FN float gradient(float dy, float x, Parameters p) { return x > 0 ? dy : p.a * dy; }
};

struct Gelu {
  static constexpr Keeps keeps = Keeps::INPUT;
  static FN float value(float x, Parameters) { return x * normcdff(x); }
  static FN float gradient(float dy, float x, Parameters) {
    const float density = 0.3989422804f * expf(-0.5f * x * x);
    return dy * (normcdff(x) + x * density);
  }
};

// (1 + tanh u) / 2 is computed as the sigmoid of 2u, which does not cancel where tanh u is close to -1.
struct GeluTanh {
  static constexpr Keeps keeps = Keeps::INPUT;
  static constexpr float SCALE = 0.7978845608f;
  static constexpr float CUBIC = 0.044715f;
  static FN float gate(float x) { return Sigmoid::value(2 * SCALE * (x + CUBIC * x * x * x), {}); }
  static FN float value(float x, Parameters) { return x * gate(x); }
  static FN float gradient(float dy, float x, Parameters) {
    const float s = gate(x);
    const float slope = 2 * SCALE * (1 + 3 * CUBIC * x * x);
    return dy * (s + x * (s * (1 - s)) * slope);
  }
};

struct Softplus {
  static constexpr Keeps keeps = Keeps::INPUT;
  // Above 20 the two agree in float32.
  static FN float value(float x, Parameters) { return x > 20 ? x : log1pf(expf(x)); }
  static FN float gradient(float dy, float x, Parameters p) { return x > 20 ? dy : dy * Sigmoid::value(x, p); }
};

struct Pow {
  static constexpr Keeps keeps = Keeps::INPUT;
  static FN float value(float x, Parameters p) { return powf(x, p.a); }
  static FN float gradient(float dy, float x, Parameters p) {
    return p.a == 0 ? 0 : dy * (p.a * powf(x, p.a - 1));
  }
};

struct Clamp {
  static constexpr Keeps keeps = Keeps::INPUT;
  static FN float value(float x, Parameters p) {
    const float raised = x < p.a ? p.a : x;
    return raised > p.b ? p.b : raised;
  }
  static FN float gradient(float dy, float x, Parameters p) { return x >= p.a && x <= p.b ? dy : 0; }
};

struct HardShrink {
  static constexpr Keeps keeps = Keeps::INPUT;
  static FN float value(float x, Parameters p) { return fabsf(x) <= p.a ? 0 : x; }
  static FN float gradient(float dy, float x, Parameters p) { return fabsf(x) <= p.a ? 0 : dy; }
};

struct AddScalar {
  static constexpr Keeps keeps = Keeps::NOTHING;
  static FN float value(float x, Parameters p) { return x + p.a; }
  static FN float gradient(float dy, float, Parameters) { return dy; }
};

struct MulScalar {
  static constexpr Keeps keeps = Keeps::NOTHING;
  static FN float value(float x, Parameters p) { return p.a * x; }
  static FN float gradient(float dy, float, Parameters p) { return p.a * dy; }
};
