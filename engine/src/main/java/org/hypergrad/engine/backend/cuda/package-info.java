/**
 * CUDA devices: cuBLAS, cuDNN and the kernels of {@code org.hypergrad.kernels}, on one stream per
 * device.
 */
package org.hypergrad.engine.backend.cuda;
