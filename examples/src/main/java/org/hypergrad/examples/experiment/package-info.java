/** Runs of several methods and seeds on images, which can be interrupted and gone on with. */
package org.hypergrad.examples.experiment;
