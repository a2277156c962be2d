/** Every kernel that ships, launched on the simulated device, against the reference backend. */
package org.hypergrad.engine.cuda;
