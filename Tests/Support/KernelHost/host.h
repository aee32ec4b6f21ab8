#ifndef KERNEL_HOST_H
#define KERNEL_HOST_H

#include <stdio.h>

// What was expected and is not so; the exit status of a run of tests.
extern int host_failures;

// Notes a failure, with its place and what was found.
#define EXPECT(condition, ...)                                                                                       \
    do {                                                                                                             \
        if (condition) break;                                                                                        \
        if (host_failures++ < 20) {                                                                                  \
            fprintf(stderr, "%s:%d: expected %s: ", __FILE__, __LINE__, #condition);                                 \
            fprintf(stderr, __VA_ARGS__);                                                                            \
            fputc('\n', stderr);                                                                                     \
        }                                                                                                            \
    } while (0)

// Numbers of either sign below 1 that are the same on every machine.
struct numbers {
    unsigned state;
};
static inline float next_number(struct numbers *numbers) {
    numbers->state = numbers->state * 1664525u + 1013904223u;
    return (float)(numbers->state >> 8) / 8388608.0f - 1.0f;
}

void test_fibers(void);
void test_faults(void);
void test_parallel(void);
void test_products(void);
void test_tensors(void);

// Every kernel of training on the same numbers: its results, a line each.
void print_tensors(void);

// The kernels of an object and their parameters, a line each.
int describe_object(const char *path);

// The launch that a file describes.
int launch_kernel(const char *job);

#endif
