#ifndef STEWARD_FIBERS_SWITCH_H
#define STEWARD_FIBERS_SWITCH_H

// Saves the registers that a call preserves on the stack, leaves its address in *save, and goes on where `load` was
// saved. The floating-point environment (MXCSR, x87 control word, FPCR) belongs to the thread of the system and is
// shared by its fibers: kernels have no words to change it.
void steward_switch(void **save, void *load);

// Lays out a fresh stack so that the first switch to it enters `entry`; returns what to load.
void *steward_prepare(void *top, void (*entry)(void));

#endif
