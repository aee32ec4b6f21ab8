// What a test says to the stand-in driver, and what the parts of the stand-in say to each other.
#ifndef STANDIN_H
#define STANDIN_H

#include "nvidia.h"

/// Runs kernels for the stand-in: the test process fills it in.
struct standin_runner {
    void *context;
    /// Makes a program of CUDA C; `definitions` has one NAME=value a line, `names` one instance of a template a line. Null,
    /// with a sentence in `error`, where that fails.
    void *(*load)(void *context, const char *source, const char *file, const char *definitions, const char *names,
                  char *error, size_t size);
    /// Writes the size of each of the kernel's parameters and returns how many it has; -1 where there is no such kernel.
    int (*kernel)(void *context, void *program, const char *name, size_t *sizes, int capacity);
    /// Runs a grid; 0, or the code that the launch ends with.
    int (*launch)(void *context, void *program, const char *name, const unsigned *grid, const unsigned *block,
                  unsigned shared, void **arguments);
    void (*unload)(void *context, void *program);
};

/// How the stand-in behaves until the next reset.
struct standin_settings {
    int devices, major, minor;
    size_t memory;
    /// 1: work is done when it is queued; 0: by one thread a stream.
    int immediate;
    /// Before each piece of work, microseconds.
    int delay;
    /// What cuInit says.
    int start;
    int max_threads, registers;
    /// 1: devices are parts of a card (MIG).
    int parts;
};

enum standin_kind { standin_memory, standin_host_memory, standin_streams, standin_events, standin_modules,
                    standin_contexts, standin_graphs, standin_executables, standin_programs, standin_handles,
                    standin_kinds };

/// Forgets calls, settings, the error that ended the context and, unless told otherwise, faults; what is alive stays.
void standin_reset(int keep_faults);
/// Counts what is alive from zero.
void standin_forget(void);
/// Pieces of work that have begun since the reset.
int standin_work_done(void);
void standin_configure(const struct standin_settings *settings);
void standin_set_runner(const struct standin_runner *runner);
/// The call with this number (from 1, all functions together) fails with `code` and does nothing else.
void standin_fail_call(int number, int code);
/// The call with this number (from 1) of the function fails.
void standin_fail_function(const char *name, int number, int code);
/// The piece of work with this number (from 1) ends the context with `code`.
void standin_fault_work(int number, int code);
/// Calls since the reset; the name of one of them (from 1).
int standin_calls(void);
const char *standin_call_name(int number);
/// How many of that kind are alive.
long standin_alive(int kind);

// --- between the parts

/// Counts a call; the code that it is to fail with, or 0.
int standin_enter(const char *name);
void standin_count(int kind, int change);
extern struct standin_settings standin_now;
extern struct standin_runner standin_runner;
/// The code that ended the context, or 0.
extern _Atomic int standin_ended;
/// 0 where the calling thread has a context that can be used, else what the call returns.
int standin_context_check(void);
/// Whether the whole range lies in one live allocation.
int standin_is_alive(CUdeviceptr address, size_t size);

/// Work for a stream; `data` is freed with `release` (which may be null) when it is no longer needed.
struct standin_work {
    int (*run)(void *data);
    void (*release)(void *data);
    void *data;
};

/// Queues it, or records it into the graph of a stream that is being captured.
CUresult standin_queue(CUstream stream, struct standin_work work);

#define STANDIN_CALL(name)                                                                                             \
    do {                                                                                                               \
        int standin_code = standin_enter(name);                                                                        \
        if (standin_code) return standin_code;                                                                         \
    } while (0)

/// The same, and whether the calling thread has a context that can be used.
#define ENTER(name)                                                                                                    \
    STANDIN_CALL(name);                                                                                                \
    do {                                                                                                               \
        int standin_state = standin_context_check();                                                                   \
        if (standin_state) return standin_state;                                                                       \
    } while (0)

#endif
