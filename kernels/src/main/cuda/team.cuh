// Several threads of a block working on one group of elements, and what they find put together in a fixed order.
#pragma once

#include "common.cuh"

// How many elements of a group each of its threads keeps in registers between two passes over the group.
constexpr int KEPT = 8;

// How a block is shared out: `lanes` threads, a power of two up to BLOCK, to a group, so BLOCK / lanes groups at a time.
// Neighbouring threads take neighbouring elements of one group (rows), or one element each of neighbouring groups
// (columns): whichever makes their addresses neighbours. Good numbers of lanes: for rows the power of two at or above the
// count, up to 32, and BLOCK for counts above 32 KEPT; for columns 8.
struct Team {
  int lanes;
  int groups;
  int lane;
  int group;
  int step;  // from one lane of a group to the next, in threads

  FN Team(int lanes, bool columns) : lanes(lanes), groups(BLOCK / lanes) {
    const int thread = threadIdx.x;
    lane = columns ? thread / groups : thread % lanes;
    group = columns ? thread % groups : thread / lanes;
    step = columns ? groups : 1;
  }

  FN long long tiles(long long count) const { return (count + groups - 1) / groups; }
};

// A state of each thread, in shared memory word by word, so that neighbouring threads use different banks.
template <class State>
struct Board {
  static constexpr int WORDS = sizeof(State) / sizeof(unsigned);
  unsigned word[WORDS][BLOCK];

  FN void put(int thread, const State& state) {
    unsigned own[WORDS];
    memcpy(own, &state, sizeof(State));
#pragma unroll
    for (int w = 0; w < WORDS; w++) word[w][thread] = own[w];
  }

  FN State get(int thread) const {
    unsigned own[WORDS];
#pragma unroll
    for (int w = 0; w < WORDS; w++) own[w] = word[w][thread];
    State state;
    memcpy(&state, own, sizeof(State));
    return state;
  }
};

// The states of a group's lanes, combined as a tree whose shape depends on nothing but the number of lanes; every lane
// gets the result. All threads of the block call it.
template <class State>
FN State together(State own, const Team& team, Board<State>& board) {
  const int thread = threadIdx.x;
  board.put(thread, own);
  __syncthreads();
  for (int half = team.lanes / 2; half > 0; half /= 2) {
    if (team.lane < half) {
      own = combine(own, board.get(thread + half * team.step));
      board.put(thread, own);
    }
    __syncthreads();
  }
  own = board.get(thread - team.lane * team.step);
  __syncthreads();
  return own;
}

// Groups along the middle axis of a contiguous [outer, count, inner].
struct Middle {
  long long groups;  // outer * inner
  long long count;
  long long inner;

  // Where the first element of a group lies; the next is `inner` further.
  FN long long start(long long group) const {
    return inner == 1 ? group * count : group / inner * count * inner + group % inner;
  }
};
