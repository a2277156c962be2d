package org.hypergrad.kernels;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.function.Function;

/** Plans by what they are for; those unused for longest are ended once there are too many. */
final class PlanCache<K, P extends PlanCache.Plan> {
  /** Something prepared once and used often. */
  interface Plan extends AutoCloseable {
    @Override
    void close();
  }

  private final int most;
  private final LinkedHashMap<K, P> plans = new LinkedHashMap<>(64, 0.75f, true);

  PlanCache(int most) {
    this.most = most;
  }

  P get(K key, Function<K, P> make) {
    P plan = plans.get(key);
    if (plan != null) {
      return plan;
    }
    P made = make.apply(key);
    plans.put(key, made);
    shrink(most);
    return made;
  }

  private void shrink(int limit) {
    Iterator<P> oldest = plans.values().iterator();
    while (plans.size() > limit) {
      P plan = oldest.next();
      oldest.remove();
      plan.close();
    }
  }

  int size() {
    return plans.size();
  }

  /** Ends all plans. */
  void clear() {
    shrink(0);
  }
}
