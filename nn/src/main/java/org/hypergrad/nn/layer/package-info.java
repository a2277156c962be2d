/** Layers. */
package org.hypergrad.nn.layer;
