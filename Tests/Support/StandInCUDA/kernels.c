// The driver's calls about modules and kernels.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "standin.h"

struct CUmod_st {
    void *program;
};

enum { most_parameters = 64 };

struct CUfunc_st {
    CUmodule module;
    char name[256];
    int parameter_count;
    size_t sizes[most_parameters];
    struct CUfunc_st *next;
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct CUfunc_st *functions;

CUresult cuModuleLoadData(CUmodule *created, const void *image) {
    ENTER("cuModuleLoadData");
    const char *text = image;
    int is_machine_code = !strncmp(text, "STANDIN-CUBIN ", 14);
    if (!is_machine_code && strncmp(text, "STANDIN-PTX ", 12)) return CUDA_ERROR_INVALID_IMAGE;
    int architecture = atoi(strchr(text, ' ') + 1), own = standin_now.major * 10 + standin_now.minor;
    if (is_machine_code ? architecture != own : architecture > own) return CUDA_ERROR_NO_BINARY_FOR_GPU;
    const char *file = text + strlen(text) + 1, *definitions = file + strlen(file) + 1;
    const char *names = definitions + strlen(definitions) + 1, *source = names + strlen(names) + 1;
    char error[1024] = "";
    if (!standin_runner.load) return CUDA_ERROR_INVALID_SOURCE;
    void *program = standin_runner.load(standin_runner.context, source, file, definitions, names, error, sizeof error);
    if (!program) {
        fprintf(stderr, "stand-in driver: %s\n", error);
        return CUDA_ERROR_INVALID_SOURCE;
    }
    *created = calloc(1, sizeof **created);
    (*created)->program = program;
    standin_count(standin_modules, 1);
    return CUDA_SUCCESS;
}

CUresult cuModuleUnload(CUmodule module) {
    STANDIN_CALL("cuModuleUnload");
    pthread_mutex_lock(&lock);
    for (struct CUfunc_st **link = &functions; *link;) {
        struct CUfunc_st *function = *link;
        if (function->module != module) {
            link = &function->next;
            continue;
        }
        *link = function->next;
        free(function);
    }
    pthread_mutex_unlock(&lock);
    if (standin_runner.unload) standin_runner.unload(standin_runner.context, module->program);
    free(module);
    standin_count(standin_modules, -1);
    return CUDA_SUCCESS;
}

CUresult cuModuleGetFunction(CUfunction *found, CUmodule module, const char *name) {
    ENTER("cuModuleGetFunction");
    if (strncmp(name, "_Z_", 3)) return CUDA_ERROR_NOT_FOUND;
    struct CUfunc_st *function = calloc(1, sizeof *function);
    function->module = module;
    snprintf(function->name, sizeof function->name, "%s", name + 3);
    for (char *c = function->name; *c; c++)
        if (*c == '~') *c = ' ';
    function->parameter_count = standin_runner.kernel(standin_runner.context, module->program, function->name,
                                                      function->sizes, most_parameters);
    if (function->parameter_count < 0) {
        free(function);
        return CUDA_ERROR_NOT_FOUND;
    }
    pthread_mutex_lock(&lock);
    function->next = functions;
    functions = function;
    pthread_mutex_unlock(&lock);
    *found = function;
    return CUDA_SUCCESS;
}

CUresult cuFuncGetAttribute(int *value, CUfunction_attribute attribute, CUfunction function) {
    ENTER("cuFuncGetAttribute");
    (void)function;
    *value = attribute == 0 ? standin_now.max_threads : attribute == 4 ? standin_now.registers : 0;
    return CUDA_SUCCESS;
}

CUresult cuFuncSetAttribute(CUfunction function, CUfunction_attribute attribute, int value) {
    ENTER("cuFuncSetAttribute");
    (void)function;
    return attribute == 8 && value <= 227 << 10 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

struct launch {
    void *program;
    char name[256];
    unsigned grid[3], block[3], shared;
    int count;
    size_t sizes[most_parameters];
    _Alignas(16) char values[most_parameters][16];
    /// Whether the parameter was an address in a live allocation when the launch was queued.
    char is_address[most_parameters];
};

static CUdeviceptr address_of(const struct launch *launch, int i) {
    CUdeviceptr address;
    memcpy(&address, launch->values[i], sizeof address);
    return address;
}

static int launch_now(void *data) {
    struct launch *launch = data;
    void *arguments[most_parameters + 1] = {0};
    for (int i = 0; i < launch->count; i++) {
        arguments[i] = launch->values[i];
        if (launch->is_address[i] && !standin_is_alive(address_of(launch, i), 1)) return CUDA_ERROR_ILLEGAL_ADDRESS;
    }
    return standin_runner.launch(standin_runner.context, launch->program, launch->name, launch->grid, launch->block,
                                 launch->shared, arguments);
}

CUresult cuLaunchKernel(CUfunction f, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                        unsigned block_y, unsigned block_z, unsigned shared, CUstream stream, void **parameters,
                        void **extra) {
    ENTER("cuLaunchKernel");
    if (extra) return CUDA_ERROR_INVALID_VALUE;
    struct launch *launch = calloc(1, sizeof *launch);
    *launch = (struct launch){f->module->program, "", {grid_x, grid_y, grid_z}, {block_x, block_y, block_z}, shared,
                              f->parameter_count, {0}, {{0}}, {0}};
    strcpy(launch->name, f->name);
    for (int i = 0; i < f->parameter_count; i++) {
        memcpy(launch->values[i], parameters[i], f->sizes[i]);
        launch->is_address[i] = f->sizes[i] == 8 && standin_is_alive(address_of(launch, i), 1);
    }
    return standin_queue(stream, (struct standin_work){launch_now, free, launch});
}
