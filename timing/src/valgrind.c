/* Functions for src/valgrind.rs. In valgrind's header, these are macros. */
#include <stddef.h>
#include <valgrind/memcheck.h>

void taint(const void *at, size_t len) { (void)VALGRIND_MAKE_MEM_UNDEFINED(at, len); }
void untaint(const void *at, size_t len) { (void)VALGRIND_MAKE_MEM_DEFINED(at, len); }
unsigned reports(void) { return VALGRIND_COUNT_ERRORS; }
unsigned is_there(void) { return RUNNING_ON_VALGRIND; }
