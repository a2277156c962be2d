/** The paper's comparison on ImageNet, with residual networks. */
package org.hypergrad.examples.imagenet;
