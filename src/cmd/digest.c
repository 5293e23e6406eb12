/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/digest.h"

#include <openssl/evp.h>

#include "base/alloc.h"
#include "base/library.h"

/* Bytes a read; large enough that the read is not what costs. */
#define CHUNK ((size_t)1 << 20)

#define CRYPTO_SONAME "libcrypto.so.3"

#define CRYPTO(X)                                                                        \
    X(EVP_MD_fetch)                                                                      \
    X(EVP_MD_free)                                                                       \
    X(EVP_MD_CTX_new)                                                                    \
    X(EVP_MD_CTX_free)                                                                   \
    X(EVP_DigestInit_ex2)                                                                \
    X(EVP_DigestUpdate)                                                                  \
    X(EVP_DigestFinal_ex)

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

struct stk_digest {
    struct stk_library *library;
    union crypto crypto;
    EVP_MD *type; /* fetched once: the look-up costs more than a small file */
    EVP_MD_CTX *ctx;
    uint8_t *chunk; /* CHUNK bytes */
};

void stk_digest_free(struct stk_digest *digest)
{
    if (digest == NULL) {
        return;
    }
    if (digest->library != NULL) {
        digest->crypto.f.EVP_MD_CTX_free(digest->ctx);
        digest->crypto.f.EVP_MD_free(digest->type);
        stk_library_close(digest->library);
    }
    if (digest->chunk != NULL) {
        stk_free(&stk_alloc_libc, digest->chunk, CHUNK);
    }
    stk_free(&stk_alloc_libc, digest, sizeof(*digest));
}

struct stk_digest *stk_digest_new(void)
{
    struct stk_digest *digest = stk_new(&stk_alloc_libc, sizeof(*digest));
    if (digest == NULL) {
        return NULL;
    }
    union crypto *crypto = &digest->crypto;
    digest->library = stk_library_open(CRYPTO_SONAME, names, N_NAMES, crypto->all);
    if (digest->library != NULL) {
        digest->type = crypto->f.EVP_MD_fetch(NULL, "SHA256", NULL);
        digest->ctx = crypto->f.EVP_MD_CTX_new();
    }
    digest->chunk = stk_new_buffer(&stk_alloc_libc, CHUNK);
    if (digest->type == NULL || digest->ctx == NULL || digest->chunk == NULL) {
        stk_digest_free(digest);
        return NULL;
    }
    return digest;
}

static enum stk_status update(struct stk_digest *digest, const struct stk_source *source)
{
    if (source->mem != NULL) {
        int ok =
            digest->crypto.f.EVP_DigestUpdate(digest->ctx, source->mem, source->size);
        return ok == 1 ? STK_OK : STK_E_BUG;
    }
    for (uint64_t off = 0; off < source->size;) {
        uint64_t left = source->size - off;
        size_t n = left < CHUNK ? (size_t)left : CHUNK;
        STK_TRY(stk_source_read(source, off, digest->chunk, n));
        if (digest->crypto.f.EVP_DigestUpdate(digest->ctx, digest->chunk, n) != 1) {
            return STK_E_BUG;
        }
        off += n;
    }
    return STK_OK;
}

enum stk_status stk_digest_source(struct stk_digest *digest,
                                  const struct stk_source *source,
                                  char ret_text[STK_DIGEST_TEXT])
{
    static const char digits[] = "0123456789abcdef";
    uint8_t hash[EVP_MAX_MD_SIZE];
    unsigned len = 0;
    const union crypto *crypto = &digest->crypto;
    if (crypto->f.EVP_DigestInit_ex2(digest->ctx, digest->type, NULL) != 1) {
        return STK_E_BUG;
    }
    STK_TRY(update(digest, source));
    if (crypto->f.EVP_DigestFinal_ex(digest->ctx, hash, &len) != 1 || len != 32) {
        return STK_E_BUG;
    }
    for (size_t i = 0; i < len; i++) {
        ret_text[2 * i] = digits[hash[i] >> 4];
        ret_text[2 * i + 1] = digits[hash[i] & 15];
    }
    ret_text[STK_DIGEST_TEXT - 1] = '\0';
    return STK_OK;
}
