/// The C library's heap (mallopt(3), malloc_trim(3)).
#pragma once

/// Lets threads share this many heaps from here on, instead of eight for each processor: for programs that stay and
/// should be small.
void clinux_share_heaps(int most);

/// Gives what is free at the moment back to the system.
void clinux_return_memory(void);
