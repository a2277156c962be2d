/**
 * The same training steps in this engine and in others, each in a process of its own. What the
 * workers of both share, needs nothing but the JDK.
 */
package org.hypergrad.bench.peers;
