/* SwiftPM links every program with Swift's libraries, and this one is started again and again. The flags in this section come before
   theirs on the linker's command line: what isn't used isn't loaded, which takes 3 ms off a start. */
__attribute__((section(".swift1_autolink_entries"), used)) static const char flags[] = "-Wl,--as-needed";
