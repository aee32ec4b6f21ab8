#include "csandbox.h"

#include <stdio.h>

int main(void) {
  fprintf(stderr, "steward-launch: usage: steward-launch -- PROGRAM ARGUMENT...\n");
  return 125;
}
