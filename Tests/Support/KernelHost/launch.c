// One launch of a kernel of an object. A file says what and with what, a line each: `object PATH`, `kernel NAME`,
// `grid X Y Z`, `block X Y Z`, `shared BYTES`, `threads COUNT`, `strict 1`, `memory BYTES PATH` (a file that holds the
// cells before and afterwards), then the arguments: `value HEX`, `pointer MEMORY OFFSET`.
#include "host.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "compute_kernels.h"
#include "compute_parallel.h"

enum { most_arguments = 64, most_memories = 64, faulted = 3 };

static struct {
    char object[4096], kernel[1024];
    struct steward_launch launch;
    int strict, arguments, memories;
    void *values[most_arguments];
    struct {
        char *cells;
        size_t size;
    } memory[most_memories];
} job = {.launch = {{1, 1, 1}, {1, 1, 1}, 0}};

static int fail(const char *what, const char *which) {
    fprintf(stderr, "kernel-host: %s: %s\n", what, which);
    return 1;
}

static const struct steward_module *open_object(const char *path) {
    void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    if (!handle) fail("dlopen", dlerror());
    return handle ? dlsym(handle, "steward_module") : NULL;
}

int describe_object(const char *path) {
    const struct steward_module *module = open_object(path);
    if (!module || module->interface != STEWARD_KERNEL_INTERFACE) return fail("no object of kernels", path);
    for (unsigned index = 0; index < module->kernel_count; index++) {
        const struct steward_kernel *kernel = &module->kernels[index];
        printf("kernel %s\n", kernel->name);
        for (unsigned number = 0; number < kernel->parameter_count; number++)
            printf("parameter %u %u %u\n", kernel->parameters[number].type, kernel->parameters[number].size,
                   kernel->parameters[number].alignment);
    }
    return 0;
}

static int map_memory(const char *rest) {
    int used = 0;
    size_t size = 0;
    if (sscanf(rest, "%zu %n", &size, &used) != 1 || job.memories == most_memories) return -1;
    int file = open(rest + used, O_RDWR | O_CLOEXEC);
    void *cells = file < 0 ? MAP_FAILED : mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (cells == MAP_FAILED) return -1;
    job.memory[job.memories].cells = cells;
    job.memory[job.memories++].size = size;
    return 0;
}

static void *new_argument(void) {
    if (job.arguments == most_arguments) return NULL;
    return job.values[job.arguments++] = aligned_alloc(64, 4096);
}

static int add_value(const char *hex) {
    unsigned char *bytes = new_argument();
    if (!bytes || strlen(hex) > 8192) return -1;
    for (unsigned byte = 0; sscanf(hex, "%2x", &byte) == 1; hex += 2) *bytes++ = (unsigned char)byte;
    return 0;
}

static int add_pointer(const char *rest) {
    int number = 0;
    size_t offset = 0;
    char **pointer = new_argument();
    if (!pointer || sscanf(rest, "%d %zu", &number, &offset) != 2 || number >= job.memories) return -1;
    *pointer = job.memory[number].cells + offset;
    return 0;
}

static int three(const char *rest, unsigned numbers[3]) {
    return sscanf(rest, "%u %u %u", &numbers[0], &numbers[1], &numbers[2]) == 3 ? 0 : -1;
}

static int read_line(const char *word, const char *rest) {
    if (strcmp(word, "object") == 0) return snprintf(job.object, sizeof job.object, "%s", rest) > 0 ? 0 : -1;
    if (strcmp(word, "kernel") == 0) return snprintf(job.kernel, sizeof job.kernel, "%s", rest) > 0 ? 0 : -1;
    if (strcmp(word, "grid") == 0) return three(rest, job.launch.grid);
    if (strcmp(word, "block") == 0) return three(rest, job.launch.block);
    if (strcmp(word, "shared") == 0) return sscanf(rest, "%u", &job.launch.shared) == 1 ? 0 : -1;
    if (strcmp(word, "strict") == 0) return sscanf(rest, "%d", &job.strict) == 1 ? 0 : -1;
    if (strcmp(word, "threads") == 0) return steward_set_threads(atoi(rest)), 0;
    if (strcmp(word, "memory") == 0) return map_memory(rest);
    if (strcmp(word, "value") == 0) return add_value(rest);
    if (strcmp(word, "pointer") == 0) return add_pointer(rest);
    return -1;
}

static int read_job(const char *path) {
    static char line[16384];
    FILE *file = fopen(path, "re");
    if (!file) return fail("can't be read", path);
    while (fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        char *rest = strchr(line, ' ');
        if (rest) *rest++ = 0;
        if (!rest || read_line(line, rest) != 0) return fail("not understood", line);
    }
    fclose(file);
    return 0;
}

// Check mode: each access to the launch's memories: which, where, how many bytes, the kind, whose, after how many
// barriers.
static void report(const void *address, unsigned long long size, int kind, const void *code) {
    (void)code;
    for (int number = 0; number < job.memories; number++) {
        size_t offset = (size_t)((const char *)address - job.memory[number].cells);
        if (offset >= job.memory[number].size) continue;
        printf("access %d %zu %llu %d %d %u\n", number, offset, size, kind, steward_running_thread(),
               steward_running_epoch());
    }
}

// Whether a kernel's name is `wanted`, or ends with it after a namespace.
static int is_called(const char *name, const char *wanted) {
    size_t length = strlen(name), end = strlen(wanted);
    if (length <= end + 2) return strcmp(name, wanted) == 0;
    return strcmp(name + length - end, wanted) == 0 && strncmp(name + length - end - 2, "::", 2) == 0;
}

int launch_kernel(const char *path) {
    if (read_job(path) != 0) return 1;
    const struct steward_module *module = open_object(job.object);
    if (!module || module->interface != STEWARD_KERNEL_INTERFACE) return fail("no object of kernels", job.object);
    steward_connect(module);
    if (job.strict) module->host->access = report;
    struct steward_run run = {.launch = job.launch, .arguments = job.values, .strict = job.strict};
    for (unsigned index = 0; index < module->kernel_count; index++)
        if (is_called(module->kernels[index].name, job.kernel)) run.kernel = &module->kernels[index];
    if (!run.kernel) return fail("no such kernel", job.kernel);
    int outcome = steward_run_grid(&run);
    fflush(stdout);
    if (outcome == steward_done) return 0;
    fputs(run.fault, stderr);
    return faulted;
}
