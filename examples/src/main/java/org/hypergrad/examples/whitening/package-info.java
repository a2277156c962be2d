/** What FOP learns about the kernels of a convolutional net: Figure 5 of the paper. */
package org.hypergrad.examples.whitening;
