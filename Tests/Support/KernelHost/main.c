// Runs kernel objects, and tests of what they run on, with nothing of Steward but CCompute: for machines that its
// Swift part isn't compiled for here, under an emulator.
#include "host.h"

#include <stdlib.h>
#include <string.h>

#include "compute_measure.h"
#include "compute_parallel.h"
#include "compute_products.h"
#include "compute_tensors.h"

int host_failures;

static const struct {
    const char *name;
    void (*run)(void);
} tests[] = {
    {"fibers", test_fibers},     {"faults", test_faults},   {"parallel", test_parallel},
    {"products", test_products}, {"tensors", test_tensors},
};

static void print_facts(void) {
    printf("simd %s\ninstructions %s\nproducts %s\n", steward_simd(), steward_tensor_instructions(),
           steward_products_name());
    if (steward_products_reason()) printf("reason %s\n", steward_products_reason());
}

int main(int count, char **words) {
    if (count == 3 && strcmp(words[1], "describe") == 0) return describe_object(words[2]);
    if (count == 3 && strcmp(words[1], "launch") == 0) return launch_kernel(words[2]);
    if (count == 2 && strcmp(words[1], "facts") == 0) return print_facts(), 0;
    if (count == 2 && strcmp(words[1], "values") == 0) return print_tensors(), 0;
    if (count == 3 && strcmp(words[1], "test") == 0)
        for (unsigned index = 0; index < sizeof tests / sizeof *tests; index++)
            if (strcmp(words[2], tests[index].name) == 0) {
                tests[index].run();
                if (host_failures) fprintf(stderr, "%s: %d failures\n", words[2], host_failures);
                return host_failures ? 1 : 0;
            }
    fprintf(stderr, "usage: kernel-host describe OBJECT | launch JOB | test NAME | values | facts\n");
    return 2;
}
