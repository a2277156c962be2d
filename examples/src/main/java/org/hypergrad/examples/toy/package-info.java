/** FOP on functions of the plane: Figure 1 of the paper. */
package org.hypergrad.examples.toy;
