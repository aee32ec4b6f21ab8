#ifndef STEWARD_COMPUTE_PARALLEL_H
#define STEWARD_COMPUTE_PARALLEL_H

/// Sets how many threads share the work of steward_parallel, the caller included. 0: one for each processor that this
/// process may use. Holds from the next steward_parallel on.
void steward_set_threads(int threads);

/// How many threads share the work, the caller included.
int steward_threads(void);

/// Runs body(context, task) once for each task in 0..<tasks, on the pool's threads and the caller's; returns when all
/// are done. Tasks are handed out one by one, so uneven ones balance. A call from within a body runs its tasks in the
/// caller's thread alone. Of calls from several threads one has the pool; the others work on their tasks alone until
/// it is free. The pool's threads look out for work for 0.2 ms after the last, then sleep.
void steward_parallel(int tasks, void (*body)(void *context, int task), void *context);

/// Whether the calling thread is at work on a task of steward_parallel, so that its own calls run alone.
int steward_is_sharing(void);

#endif
