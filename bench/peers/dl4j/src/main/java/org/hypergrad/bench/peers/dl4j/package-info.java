/** The training steps in Deeplearning4j. */
package org.hypergrad.bench.peers.dl4j;
