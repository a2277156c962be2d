/** Off-heap memory by the block: a pool with counts, a cap and one kind of out-of-memory error. */
package org.hypergrad.engine.memory;
