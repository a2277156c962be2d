/** Programs that train models, each runnable on its own. */
package org.hypergrad.examples;
