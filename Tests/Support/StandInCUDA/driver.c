// The driver's calls about devices, contexts, memory and kernels.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "standin.h"

struct CUctx_st {
    int device;
};

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

static struct CUctx_st contexts[16];
static _Thread_local CUcontext current;
static int is_started;

/// 0 where the calling thread has a context that can be used.
int standin_context_check(void) {
    if (!is_started) return CUDA_ERROR_NOT_INITIALIZED;
    if (!current) return CUDA_ERROR_INVALID_CONTEXT;
    return standin_ended;
}

#define ENTER(name)                                                                                                    \
    STANDIN_CALL(name);                                                                                                \
    do {                                                                                                               \
        int standin_state = standin_context_check();                                                                   \
        if (standin_state) return standin_state;                                                                       \
    } while (0)

CUresult cuInit(unsigned flags) {
    STANDIN_CALL("cuInit");
    if (flags) return CUDA_ERROR_INVALID_VALUE;
    is_started = standin_now.start == 0;
    return standin_now.start;
}

CUresult cuDriverGetVersion(int *version) {
    STANDIN_CALL("cuDriverGetVersion");
    *version = 12080;
    return CUDA_SUCCESS;
}

CUresult cuGetErrorName(CUresult code, const char **name) {
    static _Thread_local char text[64];
    snprintf(text, sizeof text, "CUDA_ERROR_STAND_IN_%d", (int)code);
    *name = text;
    return CUDA_SUCCESS;
}

CUresult cuGetErrorString(CUresult code, const char **words) {
    (void)code;
    *words = "the stand-in has no words for it";
    return CUDA_SUCCESS;
}

// --- devices

CUresult cuDeviceGetCount(int *count) {
    STANDIN_CALL("cuDeviceGetCount");
    *count = standin_now.devices;
    return CUDA_SUCCESS;
}

CUresult cuDeviceGet(CUdevice *device, int number) {
    STANDIN_CALL("cuDeviceGet");
    if (number < 0 || number >= standin_now.devices) return CUDA_ERROR_INVALID_DEVICE;
    *device = number;
    return CUDA_SUCCESS;
}

CUresult cuDeviceGetName(char *name, int size, CUdevice device) {
    STANDIN_CALL("cuDeviceGetName");
    snprintf(name, (size_t)size, "Stand-in GPU %d", device);
    return CUDA_SUCCESS;
}

CUresult cuDeviceGetAttribute(int *value, CUdevice_attribute attribute, CUdevice device) {
    STANDIN_CALL("cuDeviceGetAttribute");
    (void)device;
    switch ((int)attribute) {
    case 1: *value = 1024; break;
    case 2: case 3: *value = 1024; break;
    case 4: *value = 64; break;
    case 5: *value = 2147483647; break;
    case 6: case 7: *value = 65535; break;
    case 10: *value = 32; break;
    case 16: *value = 4; break;
    case 75: *value = standin_now.major; break;
    case 76: *value = standin_now.minor; break;
    case 97: *value = 227 << 10; break;
    default: return CUDA_ERROR_INVALID_VALUE;
    }
    return CUDA_SUCCESS;
}

CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice device) {
    STANDIN_CALL("cuDeviceTotalMem_v2");
    (void)device;
    *bytes = standin_now.memory;
    return CUDA_SUCCESS;
}

CUresult cuDeviceGetUuid_v2(CUuuid *uuid, CUdevice device) {
    STANDIN_CALL("cuDeviceGetUuid_v2");
    for (int i = 0; i < 16; i++) uuid->bytes[i] = (char)(16 * device + i);
    return CUDA_SUCCESS;
}

// --- contexts

CUresult cuDevicePrimaryCtxRetain(CUcontext *context, CUdevice device) {
    STANDIN_CALL("cuDevicePrimaryCtxRetain");
    contexts[device].device = device;
    *context = &contexts[device];
    standin_count(standin_contexts, 1);
    return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
    STANDIN_CALL("cuDevicePrimaryCtxRelease_v2");
    (void)device;
    standin_count(standin_contexts, -1);
    return CUDA_SUCCESS;
}

CUresult cuCtxSetCurrent(CUcontext context) {
    STANDIN_CALL("cuCtxSetCurrent");
    current = context;
    return CUDA_SUCCESS;
}

CUresult cuCtxSynchronize(void) {
    ENTER("cuCtxSynchronize");
    return CUDA_SUCCESS;
}

// --- memory

struct piece {
    struct piece *next;
    char *start;
    size_t size;
};

/// Bytes of a piece that show by their value that nobody has written them, or that they are gone.
enum { most_marked = 1 << 16 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct piece *pieces;
static size_t used;

int standin_is_alive(CUdeviceptr address, size_t size) {
    pthread_mutex_lock(&lock);
    struct piece *piece = pieces;
    while (piece && !(address >= (CUdeviceptr)piece->start && address - (CUdeviceptr)piece->start < piece->size &&
                      size <= piece->size - (address - (CUdeviceptr)piece->start)))
        piece = piece->next;
    pthread_mutex_unlock(&lock);
    return piece != NULL;
}

CUresult cuMemAlloc_v2(CUdeviceptr *address, size_t size) {
    ENTER("cuMemAlloc_v2");
    if (!size) return CUDA_ERROR_INVALID_VALUE;
    pthread_mutex_lock(&lock);
    int fits = size <= standin_now.memory && used <= standin_now.memory - size;
    struct piece *piece = fits ? calloc(1, sizeof *piece) : NULL;
    if (piece) {
        piece->start = aligned_alloc(512, (size + 511) / 512 * 512);
        memset(piece->start, 0xCD, size < most_marked ? size : most_marked);
        piece->size = size;
        piece->next = pieces;
        pieces = piece;
        used += size;
        *address = (CUdeviceptr)piece->start;
        standin_count(standin_memory, 1);
    }
    pthread_mutex_unlock(&lock);
    return piece ? CUDA_SUCCESS : CUDA_ERROR_OUT_OF_MEMORY;
}

/// What is read after it was freed is not what was written.
CUresult cuMemFree_v2(CUdeviceptr address) {
    STANDIN_CALL("cuMemFree_v2");
    pthread_mutex_lock(&lock);
    struct piece **link = &pieces;
    while (*link && (CUdeviceptr)(*link)->start != address) link = &(*link)->next;
    struct piece *piece = *link;
    if (piece) {
        *link = piece->next;
        used -= piece->size;
        memset(piece->start, 0xDD, piece->size < most_marked ? piece->size : most_marked);
        free(piece->start);
        free(piece);
        standin_count(standin_memory, -1);
    }
    pthread_mutex_unlock(&lock);
    return piece ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

CUresult cuMemGetInfo_v2(size_t *free_bytes, size_t *total) {
    ENTER("cuMemGetInfo_v2");
    *total = standin_now.memory;
    *free_bytes = standin_now.memory - used;
    return CUDA_SUCCESS;
}

CUresult cuMemHostAlloc(void **pointer, size_t size, unsigned flags) {
    ENTER("cuMemHostAlloc");
    (void)flags;
    *pointer = aligned_alloc(4096, (size + 4095) / 4096 * 4096);
    standin_count(standin_host_memory, 1);
    return CUDA_SUCCESS;
}

CUresult cuMemFreeHost(void *pointer) {
    STANDIN_CALL("cuMemFreeHost");
    free(pointer);
    standin_count(standin_host_memory, -1);
    return CUDA_SUCCESS;
}

// --- copies

struct copy {
    void *target;
    const void *source;
    size_t size;
    int byte;
    CUdeviceptr device[2];
};

static int copy_now(void *data) {
    struct copy *copy = data;
    for (int i = 0; i < 2; i++)
        if (copy->device[i] && !standin_is_alive(copy->device[i], copy->size)) return CUDA_ERROR_ILLEGAL_ADDRESS;
    if (copy->source) memmove(copy->target, copy->source, copy->size);
    else memset(copy->target, copy->byte, copy->size);
    return 0;
}

static CUresult queue_copy(CUstream stream, struct copy copy) {
    for (int i = 0; i < 2; i++)
        if (copy.device[i] && !standin_is_alive(copy.device[i], copy.size)) return CUDA_ERROR_INVALID_VALUE;
    struct copy *data = malloc(sizeof copy);
    *data = copy;
    return standin_queue(stream, (struct standin_work){copy_now, free, data});
}

CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr target, const void *source, size_t size, CUstream stream) {
    ENTER("cuMemcpyHtoDAsync_v2");
    return queue_copy(stream, (struct copy){(void *)target, source, size, 0, {target, 0}});
}

CUresult cuMemcpyDtoHAsync_v2(void *target, CUdeviceptr source, size_t size, CUstream stream) {
    ENTER("cuMemcpyDtoHAsync_v2");
    return queue_copy(stream, (struct copy){target, (void *)source, size, 0, {source, 0}});
}

CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr target, CUdeviceptr source, size_t size, CUstream stream) {
    ENTER("cuMemcpyDtoDAsync_v2");
    return queue_copy(stream, (struct copy){(void *)target, (void *)source, size, 0, {target, source}});
}

CUresult cuMemsetD8Async(CUdeviceptr target, unsigned char byte, size_t size, CUstream stream) {
    ENTER("cuMemsetD8Async");
    return queue_copy(stream, (struct copy){(void *)target, NULL, size, byte, {target, 0}});
}

// --- kernels

CUresult cuModuleLoadData(CUmodule *created, const void *image) {
    ENTER("cuModuleLoadData");
    const char *text = image;
    int is_machine_code = !strncmp(text, "STANDIN-CUBIN ", 14);
    if (!is_machine_code && strncmp(text, "STANDIN-PTX ", 12)) return CUDA_ERROR_INVALID_IMAGE;
    int architecture = atoi(strchr(text, ' ') + 1), own = standin_now.major * 10 + standin_now.minor;
    if (is_machine_code ? architecture != own : architecture > own) return CUDA_ERROR_NO_BINARY_FOR_GPU;
    const char *file = text + strlen(text) + 1, *definitions = file + strlen(file) + 1;
    const char *source = definitions + strlen(definitions) + 1;
    char error[1024] = "";
    if (!standin_runner.load) return CUDA_ERROR_INVALID_SOURCE;
    void *program = standin_runner.load(standin_runner.context, source, file, definitions, error, sizeof error);
    if (!program) {
        fprintf(stderr, "stand-in driver: %s\n", error);
        return CUDA_ERROR_INVALID_SOURCE;
    }
    *created = calloc(1, sizeof **created);
    (*created)->program = program;
    standin_count(standin_modules, 1);
    return CUDA_SUCCESS;
}

static struct CUfunc_st *functions;

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
