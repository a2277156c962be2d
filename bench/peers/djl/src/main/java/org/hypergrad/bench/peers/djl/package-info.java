/** The training steps in DJL's PyTorch engine. */
package org.hypergrad.bench.peers.djl;
