#ifndef STEWARD_TENSORS_SPREAD_H
#define STEWARD_TENSORS_SPREAD_H

#include "table.h"

/// Cells that are worth a task of their own, and cells of a partial sum.
enum { CELLS = 32768, BLOCK = 4096 };

const struct tensor_table *steward_tensor_table(void);

/// Runs the kernel over 0..<count in parts of `grain`. Parts don't depend on the number of threads.
void steward_tensor_spread(tensor_kernel kernel, const struct tensor_arguments *arguments, ptrdiff_t count,
                           ptrdiff_t grain);

/// How many rows of so many columns make a task.
static inline ptrdiff_t steward_tensor_rows(ptrdiff_t columns) {
    return columns > CELLS / 4 ? 1 : CELLS / 4 / (columns + 1) + 1;
}

#endif
