/* SPDX-License-Identifier: Apache-2.0 */
#include "base/library.h"

#include <dlfcn.h>
#include <string.h>

_Static_assert(sizeof(void *) == sizeof(void (*)(void)), "POSIX, dlsym");

struct stk_library *stk_library_open(const char *soname, const char *const *names,
                                     size_t n, void (**ret_functions)(void))
{
    void *handle = dlopen(soname, RTLD_NOW | RTLD_LOCAL);
    if (handle == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < n; i++) {
        void *address = dlsym(handle, names[i]);
        if (address == NULL) {
            (void)dlclose(handle);
            return NULL;
        }
        memcpy(&ret_functions[i], &address, sizeof(address));
    }
    return handle;
}

void stk_library_close(struct stk_library *library)
{
    if (library != NULL) {
        (void)dlclose(library);
    }
}
