/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/workers.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>

#include "cmd/console.h"
#include "cmd/digest.h"
#include "cmd/filesource.h"

/* Items that were found and not yet printed; each may hold a directory open, and 1,024
 * descriptors are what a process may have by default. */
#define RING 512

/* Most items of one run. */
#define RUN_MAX 32

/* Longest path that is shown, and most diagnostics of one run. */
#define PATH_MAX_BYTES ((size_t)1 << 20)
#define ERRORS_MAX ((size_t)1 << 26)

static const struct stk_alloc *const alloc = &stk_alloc_libc;

/* Neighbours in the ring, and what came of them. */
struct run {
    struct run *next; /* taken after this one; or in the list of spare runs */
    size_t n;
    bool done;
    bool lost; /* something could not be rendered for want of memory */
    struct stk_outputs out;
    struct stk_buf errors; /* lines for stderr */
    struct stk_summary summary;
};

struct stk_pool {
    struct stk_pool_options options;
    pthread_t *threads; /* owned; options.jobs of them have room */
    size_t n_threads;

    pthread_mutex_t lock; /* for all below */
    pthread_cond_t work;  /* items wait, or no more will come */
    pthread_cond_t space; /* the ring has room, or there is no use in waiting */
    struct stk_item ring[RING];
    uint64_t pushed;
    uint64_t taken;
    uint64_t printed;
    uint64_t completed;
    size_t n_idle;
    bool ending;
    bool printing;      /* somebody prints, with the lock open */
    struct run *oldest; /* runs that were taken, in order */
    struct run *newest;
    struct run *spare;
    struct stk_summary summary;
    enum stk_status status;

    /* Whoever set `printing` alone. */
    struct stk_outputs held; /* results that are printed at the end; errors */
    bool separate;           /* something was printed: separators stay */
    int write_error;         /* errno of stdout */
};

/* One thread's own. */
struct worker {
    struct stk_pool *pool;
    struct stk_scanner *scanner;
    struct stk_digest *digest; /* NULL until the first file that needs it */
    struct stk_filesource file;
    struct stk_buf path;
};

/* ---- one item ---- */

static const char *item_error(int error)
{
    if (error == STK_WALK_NOT_REGULAR) {
        return "not a regular file";
    }
    if (error == STK_WALK_TOO_DEEP) {
        return "a directory inside too many others, or too large";
    }
    const char *text = strerrordesc_np(error);
    return text == NULL ? "unknown error" : text;
}

static enum stk_status digest(struct worker *worker, char ret_text[STK_DIGEST_TEXT])
{
    if (worker->digest == NULL) {
        worker->digest = stk_digest_new();
    }
    if (worker->digest == NULL) {
        return STK_E_NOMEM;
    }
    return stk_digest_source(worker->digest, &worker->file.source, ret_text);
}

static enum stk_status rate(struct worker *worker, const struct stk_item *item,
                            struct stk_file_result *result, char sha256[STK_DIGEST_TEXT])
{
    int dirfd = item->dir == NULL ? AT_FDCWD : item->dir->fd;
    const struct stk_report *report = NULL;
    STK_TRY(
        stk_filesource_open(&worker->file, dirfd, item->is_stdin ? NULL : item->name));
    if (worker->pool->options.digest) {
        STK_TRY(digest(worker, sha256));
        result->sha256 = sha256;
    }
    if (worker->scanner == NULL) {
        return STK_E_NOMEM;
    }
    STK_TRY(stk_scan(worker->scanner, &worker->file.source, &report));
    result->report = report;
    return STK_OK;
}

static void scan_item(struct worker *worker, struct run *run, const struct stk_item *item)
{
    const struct stk_pool_options *options = &worker->pool->options;
    char sha256[STK_DIGEST_TEXT];
    stk_buf_clear(&worker->path);
    stk_item_path(item, &worker->path);
    struct stk_file_result result = {.path = stk_buf_span(&worker->path)};
    if (item->error != 0) {
        result.error = item_error(item->error);
    } else {
        enum stk_status status = rate(worker, item, &result, sha256);
        if (status != STK_OK) {
            result.error = stk_filesource_text(&worker->file, status);
        }
    }
    if (result.error == NULL || !stk_interrupted()) {
        options->format->file(&run->out, options->report, &result);
        stk_summary_count(&run->summary, &result);
    }
    if (result.error != NULL && !stk_interrupted()) {
        stk_complain_into(&run->errors, result.path, result.error);
    }
    stk_filesource_close(&worker->file);
}

/* ---- printing, in order ---- */

/* Appends an element of a list, the first without its separator. */
static void join(struct stk_buf *to, const struct stk_buf *from, size_t separator)
{
    size_t skip = to->len == 0 && from->len > 0 ? separator : 0;
    stk_buf_put(to, from->data + skip, from->len - skip);
}

static void print_results(struct stk_pool *pool, const struct stk_buf *results)
{
    struct stk_span bytes = stk_buf_span(results);
    if (bytes.len == 0 || pool->write_error != 0) {
        return;
    }
    if (!pool->separate) {
        size_t skip = pool->options.format->separator;
        bytes = stk_span_of(bytes.data + skip, bytes.len - skip);
        pool->separate = true;
    }
    if (!stk_console_write(bytes)) {
        pool->write_error = errno;
    }
}

static void print_run(struct stk_pool *pool, struct run *run)
{
    const struct stk_report_format *format = pool->options.format;
    stk_console_errors(stk_buf_span(&run->errors));
    join(&pool->held.errors, &run->out.errors, format->separator);
    if (!format->sorted) {
        print_results(pool, &run->out.results[0]);
        return;
    }
    for (size_t v = 0; v < STK_VERDICTS; v++) {
        join(&pool->held.results[v], &run->out.results[v], 0);
    }
}

static void recycle(struct stk_pool *pool, struct run *run)
{
    pool->printed += run->n;
    if (run->lost || stk_outputs_status(&pool->held) != STK_OK) {
        pool->status = STK_E_NOMEM;
    }
    if (pool->write_error != 0) {
        pool->status = STK_E_IO;
    }
    stk_summary_add(&pool->summary, &run->summary);
    run->next = pool->spare;
    pool->spare = run;
    uint64_t room = RING - (pool->pushed - pool->printed);
    if (room >= RING / 4 || pool->status != STK_OK) {
        pthread_cond_signal(&pool->space);
    }
}

/* Prints the oldest runs that are done, unless somebody is at it, who will go on. */
static void print_done(struct stk_pool *pool)
{
    if (pool->printing) {
        return;
    }
    if (pool->oldest == NULL || !pool->oldest->done) {
        stk_progress_draw(pool->options.progress, pool->completed, &pool->summary);
        return;
    }
    pool->printing = true;
    stk_progress_clear(pool->options.progress);
    while (pool->oldest != NULL && pool->oldest->done) {
        struct run *run = pool->oldest;
        pool->oldest = run->next;
        pthread_mutex_unlock(&pool->lock);
        print_run(pool, run);
        pthread_mutex_lock(&pool->lock);
        recycle(pool, run);
    }
    pool->printing = false;
}

/* ---- workers ---- */

static struct run *run_new(void)
{
    struct run *run = stk_new(alloc, sizeof(*run));
    if (run != NULL) {
        stk_outputs_init(&run->out, alloc, SIZE_MAX / 2);
        stk_buf_init(&run->errors, alloc, ERRORS_MAX);
    }
    return run;
}

static void run_free(struct run *run)
{
    stk_outputs_release(&run->out);
    stk_buf_release(&run->errors);
    stk_free(alloc, run, sizeof(*run));
}

/* A part of what waits, so that all workers get some, and less the less there is. */
static size_t share(const struct stk_pool *pool)
{
    uint64_t waiting = pool->pushed - pool->taken;
    uint64_t n = waiting / (4 * pool->options.jobs);
    return n < 1 ? 1 : n < RUN_MAX ? (size_t)n : RUN_MAX;
}

/* Takes neighbours from the ring and enters them in the order. NULL: no memory. */
static struct run *take(struct stk_pool *pool, struct stk_item items[RUN_MAX])
{
    struct run *run = pool->spare;
    if (run != NULL) {
        pool->spare = run->next;
    } else {
        run = run_new();
    }
    if (run == NULL) {
        return NULL;
    }
    run->next = NULL;
    run->n = share(pool);
    run->done = false;
    for (size_t i = 0; i < run->n; i++) {
        items[i] = pool->ring[pool->taken++ % RING];
    }
    if (pool->oldest == NULL) {
        pool->oldest = run;
    } else {
        pool->newest->next = run;
    }
    pool->newest = run;
    return run;
}

static void scan_run(struct worker *worker, struct run *run, struct stk_item *items,
                     bool give_up)
{
    stk_outputs_clear(&run->out);
    stk_buf_clear(&run->errors);
    run->summary = (struct stk_summary){0};
    for (size_t i = 0; i < run->n; i++) {
        if (!give_up && !stk_interrupted()) {
            scan_item(worker, run, &items[i]);
        }
        stk_item_release(&items[i]);
    }
    run->lost = stk_outputs_status(&run->out) != STK_OK;
}

/* Waits for items. False: none will come, or none can be taken. */
static bool wait_for_work(struct stk_pool *pool)
{
    while (pool->taken == pool->pushed && !pool->ending) {
        pool->n_idle++;
        pthread_cond_wait(&pool->work, &pool->lock);
        pool->n_idle--;
    }
    return pool->taken != pool->pushed;
}

static void work(struct worker *worker)
{
    struct stk_pool *pool = worker->pool;
    struct stk_item items[RUN_MAX];
    pthread_mutex_lock(&pool->lock);
    while (wait_for_work(pool)) {
        struct run *run = take(pool, items);
        bool give_up = pool->status == STK_E_IO;
        if (run == NULL) {
            pool->status = STK_E_NOMEM;
            break;
        }
        pthread_mutex_unlock(&pool->lock);
        scan_run(worker, run, items, give_up);
        pthread_mutex_lock(&pool->lock);
        run->done = true;
        pool->completed += run->n;
        print_done(pool);
    }
    pthread_cond_signal(&pool->space);
    pthread_mutex_unlock(&pool->lock);
}

static void *work_thread(void *ctx)
{
    struct stk_pool *pool = ctx;
    struct worker worker = {
        .pool = pool,
        .scanner = stk_scanner_new(alloc, pool->options.limits),
    };
    stk_filesource_init(&worker.file, pool->options.limits->arena_max);
    stk_buf_init(&worker.path, alloc, PATH_MAX_BYTES);
    work(&worker);
    stk_buf_release(&worker.path);
    stk_filesource_release(&worker.file);
    stk_digest_free(worker.digest);
    stk_scanner_free(worker.scanner);
    return NULL;
}

/* ---- the pool ---- */

struct stk_pool *stk_pool_new(const struct stk_pool_options *options)
{
    struct stk_pool *pool = stk_new(alloc, sizeof(*pool));
    if (pool == NULL) {
        return NULL;
    }
    pool->options = *options;
    pool->threads = stk_new(alloc, options->jobs * sizeof(*pool->threads));
    if (pool->threads == NULL) {
        stk_free(alloc, pool, sizeof(*pool));
        return NULL;
    }
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    pthread_cond_init(&pool->space, NULL);
    stk_outputs_init(&pool->held, alloc, SIZE_MAX / 2);
    return pool;
}

/* Threads come as work does: one file needs one. */
static void add_worker(struct stk_pool *pool)
{
    pthread_t *thread = &pool->threads[pool->n_threads];
    if (pthread_create(thread, NULL, work_thread, pool) == 0) {
        pool->n_threads++;
    } else if (pool->n_threads == 0) {
        pool->status = STK_E_NOMEM;
    }
}

static enum stk_status push(struct stk_pool *pool, const struct stk_item *item)
{
    while (pool->pushed - pool->printed == RING && pool->status == STK_OK) {
        pthread_cond_wait(&pool->space, &pool->lock);
    }
    if (pool->status != STK_OK) {
        return pool->status;
    }
    if (pool->n_idle == 0 && pool->n_threads < pool->options.jobs) {
        add_worker(pool);
        STK_TRY(pool->status);
    }
    pool->ring[pool->pushed++ % RING] = *item;
    pool->options.progress->total++;
    if (pool->n_idle > 0) {
        pthread_cond_signal(&pool->work);
    }
    return STK_OK;
}

enum stk_status stk_pool_push(struct stk_pool *pool, const struct stk_item *item)
{
    pthread_mutex_lock(&pool->lock);
    enum stk_status status = stk_interrupted() ? STK_E_IO : push(pool, item);
    pthread_mutex_unlock(&pool->lock);
    if (status != STK_OK) {
        struct stk_item refused = *item;
        stk_item_release(&refused);
    }
    return status;
}

static void end_workers(struct stk_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    pool->ending = true;
    pool->options.progress->complete = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->n_threads; i++) {
        pthread_join(pool->threads[i], NULL);
    }
    pool->n_threads = 0;
}

enum stk_status stk_pool_finish(struct stk_pool *pool, struct stk_summary *summary)
{
    end_workers(pool);
    stk_progress_clear(pool->options.progress);
    for (size_t v = STK_VERDICTS; v-- > 0;) {
        print_results(pool, &pool->held.results[v]);
    }
    if (pool->write_error != 0) {
        stk_console_lost(pool->write_error);
        pool->status = STK_E_IO;
    }
    stk_summary_add(summary, &pool->summary);
    return pool->status;
}

struct stk_span stk_pool_errors(const struct stk_pool *pool)
{
    return stk_buf_span(&pool->held.errors);
}

void stk_pool_free(struct stk_pool *pool)
{
    if (pool == NULL) {
        return;
    }
    end_workers(pool);
    for (; pool->taken < pool->pushed; pool->taken++) {
        stk_item_release(&pool->ring[pool->taken % RING]);
    }
    while (pool->spare != NULL) {
        struct run *run = pool->spare;
        pool->spare = run->next;
        run_free(run);
    }
    stk_outputs_release(&pool->held);
    pthread_cond_destroy(&pool->space);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
    stk_free(alloc, pool->threads, pool->options.jobs * sizeof(*pool->threads));
    stk_free(alloc, pool, sizeof(*pool));
}
