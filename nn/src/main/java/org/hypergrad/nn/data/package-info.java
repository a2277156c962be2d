/** Data sets, batches, and the formats that they come in. */
package org.hypergrad.nn.data;
