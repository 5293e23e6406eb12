/* SPDX-License-Identifier: Apache-2.0 */
#include "boundary/hmac.h"

#include <limits.h>
#include <openssl/hmac.h>

#include "base/library.h"

#define CRYPTO_SONAME "libcrypto.so.3"

#define CRYPTO(X)                                                                        \
    X(EVP_sha256)                                                                        \
    X(HMAC)

#define NAME(function) #function,
static const char *const names[] = {CRYPTO(NAME)};

#define N_NAMES (sizeof(names) / sizeof(names[0]))

/* Its functions, under their own names; `all` is how they are loaded. */
union crypto {
#define FIELD(function) __typeof__(function) *function;
    struct {
        CRYPTO(FIELD)
    } f;
    void (*all[N_NAMES])(void);
};

struct stk_hmac {
    const struct stk_alloc *alloc; /* borrowed */
    struct stk_library *library;
    union crypto crypto;
};

struct stk_hmac *stk_hmac_new(const struct stk_alloc *alloc)
{
    struct stk_hmac *hmac = stk_new(alloc, sizeof *hmac);
    if (hmac == NULL) {
        return NULL;
    }
    hmac->alloc = alloc;
    hmac->library = stk_library_open(CRYPTO_SONAME, names, N_NAMES, hmac->crypto.all);
    if (hmac->library == NULL) {
        stk_hmac_free(hmac);
        return NULL;
    }
    return hmac;
}

void stk_hmac_free(struct stk_hmac *hmac)
{
    if (hmac == NULL) {
        return;
    }
    if (hmac->library != NULL) {
        stk_library_close(hmac->library);
    }
    stk_free(hmac->alloc, hmac, sizeof *hmac);
}

bool stk_hmac_of(const struct stk_hmac *hmac, struct stk_span key, struct stk_span bytes,
                 uint8_t ret_mac[STK_HMAC_SIZE])
{
    unsigned len = 0;
    return key.len <= INT_MAX &&
           hmac->crypto.f.HMAC(hmac->crypto.f.EVP_sha256(), key.data, (int)key.len,
                               bytes.data, bytes.len, ret_mac, &len) != NULL &&
           len == STK_HMAC_SIZE;
}

bool stk_hmac_equal(const uint8_t a[STK_HMAC_SIZE], const uint8_t b[STK_HMAC_SIZE])
{
    unsigned differ = 0;
    for (size_t i = 0; i < STK_HMAC_SIZE; i++) {
        differ |= a[i] ^ b[i];
    }
    return differ == 0;
}
