package org.hypergrad.engine.op;

import java.util.Locale;

/**
 * What the ops of one kind are called. Made once for each kind, as every op is asked for its name
 * several times.
 *
 * @param op the op itself
 * @param gradient the op of its derivative
 */
record Names(String op, String gradient) {
  static Names of(Enum<?> kind) {
    String name = kind.name().toLowerCase(Locale.ROOT);
    return new Names(name, name + " gradient");
  }
}
