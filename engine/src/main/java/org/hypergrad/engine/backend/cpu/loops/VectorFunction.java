package org.hypergrad.engine.backend.cpu.loops;

import jdk.incubator.vector.FloatVector;

/** A function of up to three vectors, lane by lane; operands that it lacks are null. */
@FunctionalInterface
interface VectorFunction {
  FloatVector of(FloatVector x, FloatVector y, FloatVector z, float a, float b);
}
