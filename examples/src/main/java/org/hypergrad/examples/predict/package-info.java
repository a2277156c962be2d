/** Classification of image files by trained networks. */
package org.hypergrad.examples.predict;
