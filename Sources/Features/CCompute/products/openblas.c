#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "choice.h"

// OpenBLAS is asked for one thread and called from the pool's: its own threads would compete with them for the cores,
// and wait for each other while they spin.

static const char *const places[] = {
    "libopenblas.so.0",
    "libopenblas.so",
    // Fedora's names for the builds with threads and with OpenMP.
    "libopenblasp.so.0",
    "libopenblaso.so.0",
#if defined(__x86_64__)
    "/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblas.so.0",
    "/usr/lib/x86_64-linux-gnu/openblas-openmp/libopenblas.so.0",
#elif defined(__aarch64__)
    "/usr/lib/aarch64-linux-gnu/openblas-pthread/libopenblas.so.0",
    "/usr/lib/aarch64-linux-gnu/openblas-openmp/libopenblas.so.0",
#endif
};

struct library {
    cblas_sgemm_function *sgemm;
    void (*set_threads)(int);
    int (*parallel)(void);
    char *(*config)(void);
    char *(*core)(void);
};

static int find(void *handle, const char *path, struct library *library, struct steward_choice *choice) {
    static const char *const names[] = {
        "cblas_sgemm", "openblas_set_num_threads", "openblas_get_parallel", "openblas_get_config",
        "openblas_get_corename",
    };
    void **const targets[] = {
        (void **)&library->sgemm, (void **)&library->set_threads, (void **)&library->parallel,
        (void **)&library->config, (void **)&library->core,
    };
    for (unsigned i = 0; i < sizeof names / sizeof *names; i++)
        if ((*targets[i] = dlsym(handle, names[i])) == NULL) {
            snprintf(choice->reason, sizeof choice->reason,
                     "%s has no function %s: it is not an OpenBLAS, or one whose names have a suffix.", path, names[i]);
            return 0;
        }
    return 1;
}

/// Whether its kernels are for AVX-512 where ours are: it takes the kind of core from OPENBLAS_CORETYPE where that is
/// set, and doesn't know every processor. Without AVX-512 it is slower than ours.
static int is_wide_enough(const char *core, const struct steward_kernels *kernels) {
    static const char *const wide[] = {"SkylakeX", "Cooperlake", "SapphireRapids"};
    if (kernels != &steward_kernels_avx512) return 1;
    for (unsigned i = 0; i < sizeof wide / sizeof *wide; i++)
        if (strcasecmp(core, wide[i]) == 0) return 1;
    return 0;
}

static const char *objection(const struct library *library, int asked_for, const struct steward_choice *choice) {
    if (strstr(library->config(), "USE64BITINT")) return "takes 64-bit sizes; the build with 32-bit ones is needed";
    if (library->parallel() == 0)
        return "is the sequential build, which threads can't share; the pthread or OpenMP build is needed";
    if (!asked_for && !is_wide_enough(library->core(), choice->kernels))
        return "has no AVX-512 kernels for this processor, or OPENBLAS_CORETYPE forbids them; our own are faster";
    return NULL;
}

static int use(void *handle, const char *path, int asked_for, struct steward_choice *choice) {
    struct library library;
    if (!find(handle, path, &library, choice)) return 0;
    const char *objected = objection(&library, asked_for, choice);
    if (objected) {
        snprintf(choice->reason, sizeof choice->reason, "%s (OpenBLAS for %s) %s.", path, library.core(), objected);
        return 0;
    }
    char version[32] = "";
    sscanf(library.config(), "OpenBLAS %31s", version);
    library.set_threads(1);
    choice->sgemm = library.sgemm;
    choice->set_threads = library.set_threads;
    choice->reason[0] = 0;
    snprintf(choice->name, sizeof choice->name, "OpenBLAS %s (%s)", version, library.core());
    return 1;
}

static int try_path(const char *path, int asked_for, struct steward_choice *choice) {
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) return 0;
    if (!use(handle, path, asked_for, choice)) dlclose(handle);
    return 1;
}

void steward_open_openblas(const char *path, int asked_for, struct steward_choice *choice) {
    if (path) {
        if (!try_path(path, asked_for, choice))
            snprintf(choice->reason, sizeof choice->reason, "OpenBLAS can't be opened: %s", dlerror());
        return;
    }
    for (unsigned i = 0; i < sizeof places / sizeof *places && !choice->sgemm; i++)
        try_path(places[i], asked_for, choice);
    if (!choice->sgemm && !choice->reason[0])
        snprintf(choice->reason, sizeof choice->reason,
                 "There is no OpenBLAS on this machine (Debian's package: libopenblas0-pthread).");
}
