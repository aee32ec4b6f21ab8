#ifndef STEWARD_COMPUTE_FIBERS_H
#define STEWARD_COMPUTE_FIBERS_H

#include "compute_kernels.h"

/// The fibers of the blocks that run in one thread of the system, kept from block to block.
struct steward_crew;

/// The calling thread's crew, with room for so many fibers. Null when memory can't be had.
struct steward_crew *steward_crew_for(unsigned threads);

/// Runs one block, each of its threads on a fiber of its own. Faults are in `run`.
void steward_crew_run(struct steward_crew *crew, struct steward_run *run, const unsigned block[3]);

#endif
