// Softmax cross-entropy of logits [outer, classes, inner] with labels [outer, inner]; examples = outer inner.
//
// With l = log softmax(logits), label t, class weights w (null: all 1) and smoothing e, the loss of an example is
// -(1 - e) w_t l_t - e / classes sum_c w_c l_c, and 0 if t is the ignored label.
//
// A label that is neither a class nor ignored counts as ignored and goes to `fault`: the lowest such example.
#include "states.cuh"
#include "team.cuh"

// What a pass over the logits of an example finds: the softmax, and what its logarithms are multiplied by.
struct Example {
  Exponentials logits;
  double factors;
  double weighted;  // sum of factor times logit

  static FN Example none() { return {Exponentials::none(), 0, 0}; }

  FN void add(float logit, double factor) {
    logits.add(logit);
    if (factor != 0) {  // else 0 times infinity would count
      factors += factor;
      weighted += factor * logit;
    }
  }
};

FN Example combine(Example a, Example b) {
  return {combine(a.logits, b.logits), a.factors + b.factors, a.weighted + b.weighted};
}

struct Targets {
  const float* weights;  // [classes] or null
  long long classes;
  int ignored;
  double smoothing;

  // The label itself, or -1 if it counts for nothing.
  FN int counted(int label) const { return label != ignored && label >= 0 && label < classes ? label : -1; }

  FN double weight(long long c) const { return weights == nullptr ? 1 : weights[c]; }

  // What -l_c is multiplied by.
  FN double factor(long long c, int label) const {
    if (smoothing == 0 && c != label) return 0;
    return weight(c) * (smoothing / (double)classes + (c == label ? 1 - smoothing : 0));
  }
};

// losses [examples], one each.
extern "C" __global__ void __launch_bounds__(BLOCK) cross_entropy_loss_f32(float* losses, long long* fault,
    const float* logits, const int* labels, const float* weights, long long examples, long long classes,
    long long inner, int lanes, int ignored, double smoothing) {
  __shared__ Board<Example> board;
  const Team team(lanes, inner > 1);
  const Middle axis = {examples, classes, inner};
  const Targets targets = {weights, classes, ignored, smoothing};
  for (long long tile = blockIdx.x; tile < team.tiles(examples); tile += gridDim.x) {
    const long long example = tile * team.groups + team.group;
    const bool mine = example < examples;
    const int given = mine ? labels[example] : ignored;
    const int label = targets.counted(given);
    const float* own = logits + axis.start(example);
    Example state = Example::none();
    for (long long c = team.lane; label >= 0 && c < classes; c += lanes) {
      state.add(own[c * inner], targets.factor(c, label));
    }
    state = together(state, team, board);
    if (mine && team.lane == 0) {
      if (label < 0 && given != ignored) report(fault, example);
      const double log_sum = state.logits.largest + log(state.logits.softmax_sum());
      losses[example] = state.factors == 0 ? 0 : (float)(log_sum * state.factors - state.weighted);
    }
  }
}

struct Losses {
  double sum, weights;
};

FN Losses combine(Losses a, Losses b) { return {a.sum + b.sum, a.weights + b.weights}; }

// loss [1] from losses [examples]: their sum, divided by the sum of the labels' weights if `mean` is 1; total [1] is that
// divisor, or 1. Both results may be null, and losses too if loss is. In one block: launched with one.
extern "C" __global__ void __launch_bounds__(BLOCK) cross_entropy_total_f32(float* loss, float* total,
    const float* losses, const int* labels, const float* weights, long long examples, long long classes, int ignored,
    int mean) {
  __shared__ Board<Losses> board;
  const Team team(BLOCK, false);
  const Targets targets = {weights, classes, ignored, 0};
  Losses state = {0, 0};
  for (long long example = threadIdx.x; example < examples; example += BLOCK) {
    const int label = targets.counted(labels[example]);
    if (loss != nullptr) state.sum += losses[example];
    if (label >= 0) state.weights += targets.weight(label);
  }
  const Losses all = together(state, team, board);
  if (threadIdx.x == 0) {
    const double divisor = mean ? all.weights : 1;
    if (loss != nullptr) *loss = (float)(all.sum / divisor);
    if (total != nullptr) *total = (float)divisor;
  }
}

// dx = dy / total (softmax(logits) sum of factors - factors), 0 for an ignored example. dy has one element per example
// (dy_step 1) or one for all (dy_step 0); total [1] is what cross_entropy_total_f32 gave. Logits of at most KEPT lanes
// classes are read once.
extern "C" __global__ void __launch_bounds__(BLOCK, 3) cross_entropy_gradient_f32(float* dx, const float* dy,
    const float* logits, const int* labels, const float* weights, const float* total, long long examples,
    long long classes, long long inner, int lanes, int dy_step, int ignored, double smoothing) {
  __shared__ Board<Example> board;
  const Team team(lanes, inner > 1);
  const Middle axis = {examples, classes, inner};
  const Targets targets = {weights, classes, ignored, smoothing};
  const float divisor = *total;
  for (long long tile = blockIdx.x; tile < team.tiles(examples); tile += gridDim.x) {
    const long long example = tile * team.groups + team.group;
    const bool mine = example < examples;
    const int label = mine ? targets.counted(labels[example]) : -1;
    const long long start = axis.start(example);
    const long long read = label < 0 ? 0 : classes;
    const long long written = mine ? classes : 0;
    float own[KEPT];
    Example state = Example::none();
#pragma unroll
    for (int k = 0; k < KEPT; k++) {
      const long long c = team.lane + (long long)k * lanes;
      own[k] = c < read ? logits[start + c * inner] : 0;
      if (c < read) state.add(own[k], targets.factor(c, label));
    }
    for (long long c = team.lane + (long long)KEPT * lanes; c < read; c += lanes) {
      state.add(logits[start + c * inner], targets.factor(c, label));
    }
    state = together(state, team, board);
    const float largest = state.logits.largest;
    const float sum = (float)state.logits.softmax_sum();
    const float factors = (float)state.factors;
    const float scale = mine ? dy[example * dy_step] / divisor : 0;
#pragma unroll
    for (int k = 0; k < KEPT; k++) {
      const long long c = team.lane + (long long)k * lanes;
      if (c < written) {
        const float difference = expf(own[k] - largest) / sum * factors - (float)targets.factor(c, label);
        dx[start + c * inner] = label < 0 ? 0 : scale * difference;
      }
    }
    for (long long c = team.lane + (long long)KEPT * lanes; c < written; c += lanes) {
      const long long at = start + c * inner;
      const float logit = label < 0 ? 0 : logits[at];
      const float difference = expf(logit - largest) / sum * factors - (float)targets.factor(c, label);
      dx[at] = label < 0 ? 0 : scale * difference;
    }
  }
}
