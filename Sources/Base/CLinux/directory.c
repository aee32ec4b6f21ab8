#define _GNU_SOURCE
#include "directory.h"

#include <dirent.h>
#include <sys/syscall.h>
#include <unistd.h>

ssize_t clinux_getdents(int directory, void *buffer, size_t size) {
  return syscall(SYS_getdents64, directory, buffer, size);
}
