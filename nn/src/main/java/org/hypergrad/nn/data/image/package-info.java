/** Images in files: how they are decoded, and how they become inputs of one size. */
package org.hypergrad.nn.data.image;
