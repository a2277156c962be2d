/**
 * Images in files: where they lie, how they are decoded, and how they become inputs of one size.
 *
 * <p>{@link org.hypergrad.nn.data.image.ImageIndex} knows every file and its class, {@link
 * org.hypergrad.nn.data.image.ImageDecoder} reads one, {@link org.hypergrad.nn.data.image.Framing}
 * says which part of it is taken, and {@link org.hypergrad.nn.data.image.ImageDataset} puts them
 * together.
 */
package org.hypergrad.nn.data.image;
