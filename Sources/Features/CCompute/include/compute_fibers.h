#ifndef STEWARD_COMPUTE_FIBERS_H
#define STEWARD_COMPUTE_FIBERS_H

#include "compute_kernels.h"

/// The fibers of the blocks that run in one thread of the system, kept from block to block.
struct steward_crew;

/// The calling thread's crew, with room for so many fibers. Null when memory can't be had.
struct steward_crew *steward_crew_for(unsigned threads);

/// A barrier of all threads of the block, as in `steward_host`.
int steward_barrier(int vote, int predicate, int line);

/// Dynamic shared memory of the block that runs in the calling thread.
void *steward_block_memory(void);

/// Runs one block, each of its threads on a fiber of its own. Faults are in `run`.
void steward_crew_run(struct steward_crew *crew, struct steward_run *run, const unsigned block[3]);

#endif
