// Runs kernels in a process that can't be told how: the program that CUDA_STANDIN_COMPILE names (`steward compute compile`)
// makes a shared object for this processor of each source, and the library's own scheduler runs its grids.
#include <dlfcn.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../standin.h"
#include "compute_kernels.h"

extern char **environ;

enum { most_words = 256 };

struct program {
    void *library;
    const struct steward_module *module;
};

/// Starts the compiler for one file; 0 where it made the object.
static int compile(const char *source, const char *object, const char *definitions, const char *names) {
    char *words[most_words];
    int count = 0;
    char *command = strdup(getenv("CUDA_STANDIN_COMPILE")), *lines = strdup(definitions), *rest;
    char *instances = strdup(names);
    for (char *word = strtok_r(command, " ", &rest); word && count < 16; word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    words[count++] = (char *)source;
    words[count++] = "--output";
    words[count++] = (char *)object;
    for (char *line = strtok_r(lines, "\n", &rest); line && count < most_words - 2; line = strtok_r(NULL, "\n", &rest)) {
        words[count++] = "--define";
        words[count++] = line;
    }
    for (char *line = strtok_r(instances, "\n", &rest); line && count < most_words - 2; line = strtok_r(NULL, "\n", &rest)) {
        words[count++] = "--kernel";
        words[count++] = line;
    }
    words[count] = NULL;
    // What the compiler prints must not become part of what this process prints.
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, 2, 1);
    pid_t process;
    int status = -1;
    if (!posix_spawnp(&process, words[0], &actions, NULL, words, environ)) waitpid(process, &status, 0);
    posix_spawn_file_actions_destroy(&actions);
    free(command);
    free(lines);
    free(instances);
    return status;
}

static int write_text(const char *path, const char *text) {
    FILE *file = fopen(path, "w");
    if (!file) return -1;
    fputs(text, file);
    return fclose(file);
}

static void *load(void *context, const char *source, const char *file, const char *definitions,
                  const char *names, char *error, size_t size) {
    (void)context;
    (void)file;
    char folder[] = "/tmp/stand-in-XXXXXX", text[64], object[64];
    if (!mkdtemp(folder)) return NULL;
    snprintf(text, sizeof text, "%s/kernel.cu", folder);
    snprintf(object, sizeof object, "%s/kernel.so", folder);
    struct program *program = NULL;
    if (write_text(text, source) || compile(text, object, definitions, names)) {
        snprintf(error, size, "%s could not compile %s", getenv("CUDA_STANDIN_COMPILE"), text);
    } else {
        void *library = dlopen(object, RTLD_NOW | RTLD_LOCAL);
        const struct steward_module *module = library ? dlsym(library, "steward_module") : NULL;
        if (module) {
            steward_connect(module);
            program = malloc(sizeof *program);
            *program = (struct program){library, module};
        } else {
            snprintf(error, size, "%s", dlerror());
        }
    }
    unlink(text);
    unlink(object);
    rmdir(folder);
    return program;
}

static const struct steward_kernel *find(const struct program *program, const char *name) {
    for (unsigned i = 0; i < program->module->kernel_count; i++)
        if (!strcmp(program->module->kernels[i].name, name)) return &program->module->kernels[i];
    return NULL;
}

static int kernel(void *context, void *program, const char *name, size_t *sizes, int capacity) {
    (void)context;
    const struct steward_kernel *found = find(program, name);
    if (!found || found->parameter_count > (unsigned)capacity) return -1;
    for (unsigned i = 0; i < found->parameter_count; i++) sizes[i] = found->parameters[i].size;
    return (int)found->parameter_count;
}

static void print(void *context, const char *text, size_t length) {
    (void)context;
    fwrite(text, 1, length, stdout);
}

static int launch(void *context, void *program, const char *name, const unsigned *grid, const unsigned *block,
                  unsigned shared, void **arguments) {
    (void)context;
    struct steward_run run = {.kernel = find(program, name), .arguments = arguments, .printer = print};
    memcpy(run.launch.grid, grid, sizeof run.launch.grid);
    memcpy(run.launch.block, block, sizeof run.launch.block);
    run.launch.shared = shared;
    if (steward_run_grid(&run) == steward_done) return 0;
    fprintf(stderr, "stand-in driver: %s\n", run.fault);
    return CUDA_ERROR_ILLEGAL_ADDRESS;
}

static void unload(void *context, void *program) {
    (void)context;
    dlclose(((struct program *)program)->library);
    free(program);
}

__attribute__((constructor)) static void start(void) {
    if (getenv("CUDA_STANDIN_COMPILE")) standin_runner = (struct standin_runner){NULL, load, kernel, launch, unload};
}
