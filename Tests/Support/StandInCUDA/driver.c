// The driver's calls about devices, contexts, memory and copies.
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "standin.h"

struct CUctx_st {
    int device;
};

static struct CUctx_st contexts[16];
static _Thread_local CUcontext current;
static int is_started;

int standin_context_check(void) {
    if (!is_started) return CUDA_ERROR_NOT_INITIALIZED;
    if (!current) return CUDA_ERROR_INVALID_CONTEXT;
    return standin_ended;
}

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

static void uuid_text(int device, char text[64]) {
    unsigned char bytes[16];
    for (int i = 0; i < 16; i++) bytes[i] = (unsigned char)(16 * device + i);
    char *end = text + sprintf(text, "GPU-");
    for (int i = 0; i < 16; i++) end += sprintf(end, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", bytes[i]);
}

/// The devices in the order of `CUDA_VISIBLE_DEVICES` (numbers or uuids); what stands behind an unknown one is hidden.
static int visible_devices(int found[16]) {
    const char *more = getenv("CUDA_STANDIN_DEVICES"), *list = getenv("CUDA_VISIBLE_DEVICES");
    int all = more ? atoi(more) : standin_now.devices, count = 0;
    if (!list) {
        for (int device = 0; device < all && count < 16; device++) found[count++] = device;
        return count;
    }
    char words[1024];
    snprintf(words, sizeof words, "%s", list);
    for (char *rest = words, *word; count < 16 && (word = strsep(&rest, ","));) {
        int device = -1;
        char uuid[64], number[16];
        for (int i = 0; i < all && device < 0; i++) {
            uuid_text(i, uuid);
            snprintf(number, sizeof number, "%d", i);
            if (!strcmp(word, uuid) || !strcmp(word, number)) device = i;
        }
        if (device < 0) break;
        found[count++] = device;
    }
    return count;
}

CUresult cuDeviceGetCount(int *count) {
    STANDIN_CALL("cuDeviceGetCount");
    int found[16];
    *count = visible_devices(found);
    return CUDA_SUCCESS;
}

CUresult cuDeviceGet(CUdevice *device, int number) {
    STANDIN_CALL("cuDeviceGet");
    int found[16];
    if (number < 0 || number >= visible_devices(found)) return CUDA_ERROR_INVALID_DEVICE;
    *device = found[number];
    return CUDA_SUCCESS;
}

CUresult cuDeviceGetName(char *name, int size, CUdevice device) {
    STANDIN_CALL("cuDeviceGetName");
    snprintf(name, (size_t)size, "Stand-in GPU %d%s", device, standin_now.parts ? " MIG 1g.10gb" : "");
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
