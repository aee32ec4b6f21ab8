// The compiler: its machine code is the source with a head, its errors are the source's #error lines.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "standin.h"

struct _nvrtcProgram {
    char *source, *name, *log, *image;
    size_t image_size;
    int is_portable;
    int name_count;
    char *names[64], *lowered[64];
};

const char *nvrtcGetErrorString(nvrtcResult result) {
    return result == NVRTC_ERROR_COMPILATION ? "NVRTC_ERROR_COMPILATION" : "NVRTC_ERROR";
}

nvrtcResult nvrtcVersion(int *major, int *minor) {
    STANDIN_CALL("nvrtcVersion");
    *major = 12;
    *minor = 8;
    return NVRTC_SUCCESS;
}

static const int architectures[] = {75, 80, 86, 89, 90, 100};

nvrtcResult nvrtcGetNumSupportedArchs(int *count) {
    *count = sizeof architectures / sizeof *architectures;
    return NVRTC_SUCCESS;
}

nvrtcResult nvrtcGetSupportedArchs(int *list) {
    memcpy(list, architectures, sizeof architectures);
    return NVRTC_SUCCESS;
}

nvrtcResult nvrtcCreateProgram(nvrtcProgram *created, const char *source, const char *name, int header_count,
                               const char *const *headers, const char *const *header_names) {
    STANDIN_CALL("nvrtcCreateProgram");
    if (header_count && (!headers || !header_names)) return NVRTC_ERROR_INVALID_INPUT;
    nvrtcProgram program = calloc(1, sizeof *program);
    program->source = strdup(source);
    program->name = strdup(name);
    program->log = strdup("");
    standin_count(standin_programs, 1);
    *created = program;
    return NVRTC_SUCCESS;
}

nvrtcResult nvrtcDestroyProgram(nvrtcProgram *given) {
    STANDIN_CALL("nvrtcDestroyProgram");
    nvrtcProgram program = *given;
    for (int i = 0; i < program->name_count; i++) {
        free(program->names[i]);
        free(program->lowered[i]);
    }
    free(program->source);
    free(program->name);
    free(program->log);
    free(program->image);
    free(program);
    *given = NULL;
    standin_count(standin_programs, -1);
    return NVRTC_SUCCESS;
}

nvrtcResult nvrtcAddNameExpression(nvrtcProgram program, const char *name) {
    STANDIN_CALL("nvrtcAddNameExpression");
    int i = program->name_count++;
    program->names[i] = strdup(name);
    program->lowered[i] = malloc(strlen(name) + 4);
    sprintf(program->lowered[i], "_Z_%s", name);
    // Compiled names have no blanks.
    for (char *c = program->lowered[i]; *c; c++)
        if (*c == ' ') *c = '~';
    return NVRTC_SUCCESS;
}

nvrtcResult nvrtcGetLoweredName(nvrtcProgram program, const char *const name, const char **lowered) {
    STANDIN_CALL("nvrtcGetLoweredName");
    for (int i = 0; i < program->name_count; i++)
        if (!strcmp(program->names[i], name)) {
            *lowered = program->lowered[i];
            return NVRTC_SUCCESS;
        }
    return NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID;
}

/// The line of the first `#error`, from 1, and its text; 0 where there is none.
static int first_error(const char *source, char *text, size_t size) {
    const char *found = strstr(source, "#error");
    if (!found) return 0;
    int line = 1;
    for (const char *c = source; c < found; c++) line += *c == '\n';
    snprintf(text, size, "%.*s", (int)strcspn(found + 7, "\n"), found + 7);
    return line;
}

nvrtcResult nvrtcCompileProgram(nvrtcProgram program, int count, const char *const *options) {
    STANDIN_CALL("nvrtcCompileProgram");
    int architecture = 0;
    size_t length = 1;
    for (int i = 0; i < count; i++) length += strlen(options[i]);
    char *definitions = calloc(1, length);
    for (int i = 0; i < count; i++) {
        if (sscanf(options[i], "--gpu-architecture=sm_%d", &architecture) == 1) continue;
        if (!strncmp(options[i], "-D", 2)) {
            strcat(strcat(definitions, options[i] + 2), "\n");
            continue;
        }
        if (sscanf(options[i], "--gpu-architecture=compute_%d", &architecture) == 1) program->is_portable = 1;
        else if (strncmp(options[i], "--std=", 6) && strcmp(options[i], "-lineinfo")) {
            free(definitions);
            return NVRTC_ERROR_INVALID_OPTION;
        }
    }
    char text[256];
    int line = first_error(program->source, text, sizeof text);
    if (line) {
        free(definitions);
        free(program->log);
        program->log = malloc(1024 + strlen(program->name));
        sprintf(program->log, "%s(%d): error: #error directive: %s\n  #error %s\n   ^\n\n1 error detected.\n",
                program->name, line, text, text);
        return NVRTC_ERROR_COMPILATION;
    }
    size_t names_length = 1;
    for (int i = 0; i < program->name_count; i++) names_length += strlen(program->names[i]) + 1;
    char *names = calloc(1, names_length);
    for (int i = 0; i < program->name_count; i++)
        if (strchr(program->names[i], '<')) strcat(strcat(names, program->names[i]), "\n");
    char head[64];
    snprintf(head, sizeof head, "STANDIN-%s %d", program->is_portable ? "PTX" : "CUBIN", architecture);
    program->image_size = strlen(head) + strlen(program->name) + strlen(definitions) + strlen(names) + strlen(program->source) + 5;
    program->image = calloc(1, program->image_size);
    char *end = stpcpy(program->image, head) + 1;
    strcpy(stpcpy(stpcpy(stpcpy(end, program->name) + 1, definitions) + 1, names) + 1, program->source);
    free(definitions);
    free(names);
    return NVRTC_SUCCESS;
}

nvrtcResult nvrtcGetProgramLogSize(nvrtcProgram program, size_t *size) {
    STANDIN_CALL("nvrtcGetProgramLogSize");
    *size = strlen(program->log) + 1;
    return NVRTC_SUCCESS;
}

nvrtcResult nvrtcGetProgramLog(nvrtcProgram program, char *log) {
    STANDIN_CALL("nvrtcGetProgramLog");
    strcpy(log, program->log);
    return NVRTC_SUCCESS;
}

static nvrtcResult image(nvrtcProgram program, int is_portable, char *bytes) {
    if (program->is_portable != is_portable) return NVRTC_ERROR_INVALID_PROGRAM;
    memcpy(bytes, program->image, program->image_size);
    return NVRTC_SUCCESS;
}

static nvrtcResult image_size(nvrtcProgram program, int is_portable, size_t *size) {
    *size = program->is_portable == is_portable ? program->image_size : 0;
    return NVRTC_SUCCESS;
}

nvrtcResult nvrtcGetPTXSize(nvrtcProgram program, size_t *size) {
    STANDIN_CALL("nvrtcGetPTXSize");
    return image_size(program, 1, size);
}

nvrtcResult nvrtcGetPTX(nvrtcProgram program, char *bytes) {
    STANDIN_CALL("nvrtcGetPTX");
    return image(program, 1, bytes);
}

#ifndef STANDIN_OLD
nvrtcResult nvrtcGetCUBINSize(nvrtcProgram program, size_t *size) {
    STANDIN_CALL("nvrtcGetCUBINSize");
    return image_size(program, 0, size);
}

nvrtcResult nvrtcGetCUBIN(nvrtcProgram program, char *bytes) {
    STANDIN_CALL("nvrtcGetCUBIN");
    return image(program, 0, bytes);
}
#endif
