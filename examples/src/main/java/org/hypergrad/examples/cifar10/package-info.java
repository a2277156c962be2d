/** The paper's comparison on CIFAR-10: its table, Figure 2 and Figure 5. */
package org.hypergrad.examples.cifar10;
