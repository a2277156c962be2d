/** What FOP's P became for the kernels of a network's convolutions: tables, text, CSV, pictures. */
package org.hypergrad.examples.learned;
