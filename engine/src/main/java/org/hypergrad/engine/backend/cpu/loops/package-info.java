/**
 * Loops over off-heap floats, shared among threads.
 *
 * <p>{@link org.hypergrad.engine.backend.cpu.loops.Walk} brings the strides of output and operands
 * to the fewest axes and hands out runs of consecutive output elements to the {@link
 * org.hypergrad.engine.backend.cpu.loops.ThreadTeam}; a {@link
 * org.hypergrad.engine.backend.cpu.loops.FloatLoop} computes one run. {@link
 * org.hypergrad.engine.backend.cpu.loops.FloatLoops} makes these loops: with the Vector API where
 * its module is there, else as plain loops. Classes that touch the Vector API are named Vector...
 * and are loaded by nobody else.
 */
package org.hypergrad.engine.backend.cpu.loops;
