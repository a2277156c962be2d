/** How parameters change: rules, what they remember, schedules, clipping. */
package org.hypergrad.nn.optim;
