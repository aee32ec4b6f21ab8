#include "compute_kernels.h"

#include <elf.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

struct image {
    const unsigned char *bytes;
    size_t size;
};

// The section's bytes, or null when they don't lie in the file.
static const void *section_bytes(const struct image *image, const Elf64_Shdr *section) {
    if (section->sh_offset > image->size || section->sh_size > image->size - section->sh_offset) return NULL;
    return image->bytes + section->sh_offset;
}

static void visit(const Elf64_Sym *symbols, size_t count, const char *names, size_t length, void *context,
                  void (*found)(void *, const char *, size_t, size_t)) {
    for (size_t index = 0; index < count; index++) {
        const Elf64_Sym *symbol = &symbols[index];
        if (ELF64_ST_TYPE(symbol->st_info) != STT_TLS || symbol->st_name >= length) continue;
        found(context, names + symbol->st_name, symbol->st_value, symbol->st_size);
    }
}

static int visit_image(const struct image *image, void *context, void (*found)(void *, const char *, size_t, size_t)) {
    const Elf64_Ehdr *header = (const Elf64_Ehdr *)image->bytes;
    if (image->size < sizeof *header || header->e_ident[0] != 0x7f || header->e_ident[1] != 'E') return -1;
    if (header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_shentsize != sizeof(Elf64_Shdr)) return -1;
    size_t room = (size_t)header->e_shnum * sizeof(Elf64_Shdr);
    if (header->e_shoff > image->size || room > image->size - header->e_shoff) return -1;
    const Elf64_Shdr *sections = (const Elf64_Shdr *)(image->bytes + header->e_shoff);
    for (unsigned index = 0; index < header->e_shnum; index++) {
        const Elf64_Shdr *section = &sections[index];
        if (section->sh_type != SHT_SYMTAB || section->sh_link >= header->e_shnum) continue;
        const Elf64_Sym *symbols = section_bytes(image, section);
        const char *names = section_bytes(image, &sections[section->sh_link]);
        size_t length = sections[section->sh_link].sh_size;
        if (!symbols || !names || length == 0 || names[length - 1] != 0) return -1;
        visit(symbols, section->sh_size / sizeof(Elf64_Sym), names, length, context, found);
    }
    return 0;
}

int steward_shared_variables(const char *path, void *context,
                             void (*found)(void *context, const char *symbol, size_t offset, size_t size)) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return -1;
    struct stat facts;
    int outcome = -1;
    if (fstat(file, &facts) == 0 && facts.st_size > 0) {
        void *bytes = mmap(NULL, (size_t)facts.st_size, PROT_READ, MAP_PRIVATE, file, 0);
        if (bytes != MAP_FAILED) {
            outcome = visit_image(&(struct image){bytes, (size_t)facts.st_size}, context, found);
            munmap(bytes, (size_t)facts.st_size);
        }
    }
    close(file);
    return outcome;
}
