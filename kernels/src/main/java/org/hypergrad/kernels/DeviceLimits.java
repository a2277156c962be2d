package org.hypergrad.kernels;

/**
 * What a device allows a launch.
 *
 * @param threadsPerBlock most threads of a block in all
 * @param blockX most threads along x; likewise y and z
 * @param gridX most blocks along x; likewise y and z, mostly 65,535
 * @param sharedBytes most shared memory of a block, static and dynamic together
 * @param multiprocessors how many blocks run at the same time, at least
 * @param threadsPerMultiprocessor most threads resident on each
 */
public record DeviceLimits(
    int threadsPerBlock,
    int blockX,
    int blockY,
    int blockZ,
    int gridX,
    int gridY,
    int gridZ,
    int sharedBytes,
    int multiprocessors,
    int threadsPerMultiprocessor) {}
