/** FOP against plain momentum on handwritten digits, or on pieces of clothing. */
package org.hypergrad.examples.mnist;
