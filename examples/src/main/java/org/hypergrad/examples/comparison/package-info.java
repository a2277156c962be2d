/** Methods that train one network on images, side by side: the paper's table and figures. */
package org.hypergrad.examples.comparison;
