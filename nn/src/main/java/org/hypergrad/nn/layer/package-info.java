/**
 * The layers that networks are made of. The common case is a constructor; options come after {@code
 * builder(...)}. Layers with weights take a {@link org.hypergrad.engine.random.Generator} for the
 * first values. Names of parameters and numbers are PyTorch's unless said otherwise.
 */
package org.hypergrad.nn.layer;
