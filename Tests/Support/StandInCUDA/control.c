// Settings, injected failures and the count of what is alive.
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "standin.h"

static const struct standin_settings usual = {.devices = 1, .major = 9, .minor = 0, .memory = (size_t)1 << 30,
                                              .max_threads = 1024, .registers = 32};

enum { most_calls = 1 << 16 };

struct standin_settings standin_now = {.devices = 1, .major = 9, .minor = 0, .memory = (size_t)1 << 30,
                                       .max_threads = 1024, .registers = 32};
struct standin_runner standin_runner;
_Atomic int standin_ended;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *names[most_calls];
static int calls, failing_call, failing_code;
static char failing_name[64];
static int failing_number, failing_function_code;
static _Atomic int work_done, faulting_work, faulting_code;
static _Atomic long alive[standin_kinds];

void standin_reset(int keep_faults) {
    pthread_mutex_lock(&lock);
    calls = work_done = 0;
    if (!keep_faults) {
        failing_call = failing_code = failing_number = failing_function_code = faulting_work = faulting_code = 0;
        failing_name[0] = 0;
    }
    standin_ended = 0;
    standin_now = usual;
    pthread_mutex_unlock(&lock);
}

void standin_forget(void) {
    for (int kind = 0; kind < standin_kinds; kind++) alive[kind] = 0;
}

int standin_work_done(void) { return work_done; }

void standin_configure(const struct standin_settings *settings) { standin_now = *settings; }
void standin_set_runner(const struct standin_runner *runner) { standin_runner = *runner; }

void standin_fail_call(int number, int code) {
    failing_call = number;
    failing_code = code;
}

void standin_fail_function(const char *name, int number, int code) {
    strncpy(failing_name, name, sizeof failing_name - 1);
    failing_number = number;
    failing_function_code = code;
}

void standin_fault_work(int number, int code) {
    faulting_code = code;
    faulting_work = number;
}

int standin_calls(void) { return calls; }
const char *standin_call_name(int number) { return number >= 1 && number <= calls ? names[number - 1] : ""; }
long standin_alive(int kind) { return alive[kind]; }
void standin_count(int kind, int change) { alive[kind] += change; }

int standin_enter(const char *name) {
    pthread_mutex_lock(&lock);
    int code = 0;
    if (calls < most_calls) names[calls] = name;
    calls++;
    if (calls == failing_call) code = failing_code;
    if (!strcmp(name, failing_name) && --failing_number == 0) code = failing_function_code;
    pthread_mutex_unlock(&lock);
    return code;
}

/// The code that the next piece of work is to end the context with, or 0.
int standin_work_begins(void) {
    int number = atomic_fetch_add(&work_done, 1) + 1;
    return number == faulting_work ? faulting_code : 0;
}
