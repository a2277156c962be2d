package org.hypergrad.kernels;

import java.io.Serializable;

/**
 * What a pool holds at one moment, in bytes.
 *
 * @param live in blocks that are in use; blocks are up to a quarter larger than what was asked for
 * @param liveBlocks number of blocks in use
 * @param cached in blocks that wait to be used again
 * @param peakLive the most that was live at any time since the start or the last reset
 * @param cap limit on live + cached
 */
public record PoolStats(long live, long liveBlocks, long cached, long peakLive, long cap)
    implements Serializable {}
