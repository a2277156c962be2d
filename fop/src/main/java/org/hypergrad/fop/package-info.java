/** FOP and other hypergradient methods around any standard optimizer. */
package org.hypergrad.fop;
