#define _GNU_SOURCE
#include "csandbox.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void make_printable(char *text) {
  for (; *text; text++) {
    unsigned char byte = (unsigned char)*text;
    if (byte < 0x20 || byte == 0x7f) *text = '?';
  }
}

int csandbox_complain(struct csandbox_complaint *complaint, const char *format, ...) {
  va_list values;
  va_start(values, format);
  vsnprintf(complaint->text, sizeof complaint->text, format, values);
  va_end(values);
  make_printable(complaint->text);
  return -1;
}

int csandbox_complain_errno(struct csandbox_complaint *complaint, const char *format, ...) {
  int error = errno;
  va_list values;
  va_start(values, format);
  vsnprintf(complaint->text, sizeof complaint->text, format, values);
  va_end(values);
  size_t used = strlen(complaint->text);
  snprintf(complaint->text + used, sizeof complaint->text - used, ": %s", strerror(error));
  make_printable(complaint->text);
  errno = error;
  return -1;
}
