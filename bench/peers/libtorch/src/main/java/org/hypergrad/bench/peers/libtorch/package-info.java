/** The training steps in libtorch, through bytedeco's bindings. */
package org.hypergrad.bench.peers.libtorch;
