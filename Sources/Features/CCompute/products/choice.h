#ifndef STEWARD_COMPUTE_CHOICE_H
#define STEWARD_COMPUTE_CHOICE_H

#include "kernels.h"

typedef void cblas_sgemm_function(int order, int transpose_a, int transpose_b, int m, int n, int k, float alpha,
                                  const float *a, int lda, const float *b, int ldb, float beta, float *c, int ldc);

/// By what products are computed; never changes once it is published.
struct steward_choice {
    /// For all products, or the small ones where there is sgemm.
    const struct steward_kernels *kernels;
    /// OpenBLAS, with one thread of its own unless more are set; NULL where it isn't used.
    cblas_sgemm_function *sgemm;
    void (*set_threads)(int);
    char name[96], reason[384];
};

/// The choice that holds.
const struct steward_choice *steward_choice(void);

/// Opens an OpenBLAS, from anywhere with path NULL, and fills in sgemm and name; or says in `reason` why it can't be
/// used, or is not worth it where nobody asked for it.
void steward_open_openblas(const char *path, int asked_for, struct steward_choice *choice);

#endif
