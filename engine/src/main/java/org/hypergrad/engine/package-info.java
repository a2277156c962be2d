/**
 * Tensors, scopes and the tape: what a program sees of the engine. What can be computed is in
 * {@link org.hypergrad.engine.op}, how in {@link org.hypergrad.engine.backend}.
 */
package org.hypergrad.engine;
