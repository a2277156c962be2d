/** The thin layer over the CUDA driver; it knows no tensor. */
package org.hypergrad.kernels;
