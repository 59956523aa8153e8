// Preloaded into the program, this library cuts its power: at the POWERCUT_AFTER-th change to the files below
// POWERCUT_ROOT it leaves there what a disk may hold after a power cut, and kills the process. That is
//
//   - of a file, its bytes at the last fsync and any of the writes since;
//   - of a folder, its entries at the last fsync and any of the files made, renamed or removed since.
//
// POWERCUT_SEED chooses which. With POWERCUT_KEEP nothing is lost: the process is only killed. With POWERCUT_COUNT, a file's name, nothing is cut; the number of changes is written there.
// Shared memory (SQLite's -shm) and lock files are no concern of the disk: who restarts removes the former.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/// A write since the file's last flush; `count` < 0: the file was cut or stretched to `offset`.
struct write { struct write *next; off_t offset; ssize_t count; unsigned char bytes[]; };
struct file { struct file *next; dev_t device; ino_t inode; char *path; unsigned char *durable; off_t size; struct write *first, **end; };
enum kind { MADE, MOVED, REMOVED };
/// A change of a folder's entries since its last flush. `kept` is a second name of a file that lost its own.
struct entry { struct entry *before; enum kind kind; dev_t device; ino_t inode; char *path, *from, *kept; };

static struct file *files;
static struct entry *entries;
static pthread_mutex_t mutex = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static long changes, limit;
static uint64_t state;
static char root[PATH_MAX];
static const char *counter;
static int keeps;

#define REAL(name) ((__typeof__(&name))real(#name))
static void *real(const char *name) { return dlsym(RTLD_NEXT, name); }

__attribute__((constructor)) static void start(void) {
    const char *after = getenv("POWERCUT_AFTER"), *seed = getenv("POWERCUT_SEED"), *folder = getenv("POWERCUT_ROOT");
    if (!folder || !realpath(folder, root)) root[0] = 0;
    limit = after ? atol(after) : 0;
    counter = getenv("POWERCUT_COUNT");
    keeps = getenv("POWERCUT_KEEP") != 0;
    state = (seed ? strtoull(seed, 0, 10) : 0) * 0x9E3779B97F4A7C15ull + 0x1234567;
}

__attribute__((destructor)) static void end(void) {
    FILE *f = counter ? fopen(counter, "w") : 0;
    if (f) fprintf(f, "%ld\n", changes), fclose(f);
}

static int coin(void) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    return state >> 40 & 1;
}

static int is_watched(const char *path) {
    size_t n = strlen(root);
    return n && !strncmp(path, root, n) && path[n] == '/' && !strstr(path, "-shm") && !strstr(path, ".lock");
}

/// The path of an open file or folder below the root.
static int path_of(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, path, PATH_MAX - 1);
    path[n < 0 ? 0 : n] = 0;
    return is_watched(path);
}

/// The path with its folder resolved; its last part need not exist.
static int resolve(const char *name, char *path) {
    char copy[PATH_MAX], folder[PATH_MAX];
    if (strlen(name) >= sizeof copy) return 0;
    strcpy(copy, name);
    char *slash = strrchr(copy, '/');
    if (slash) *slash = 0;
    if (!realpath(slash ? (*copy ? copy : "/") : ".", folder)) return 0;
    return snprintf(path, PATH_MAX, "%s/%s", folder, slash ? slash + 1 : copy) < PATH_MAX && is_watched(path);
}

// MARK: The cut

static void restore(struct file *f) {
    off_t size = f->size;
    for (struct write *w = f->first; w; w = w->next)
        if (w->count >= 0 && w->offset + w->count > size) size = w->offset + w->count;
    unsigned char *image = calloc(1, size + 1);
    memcpy(image, f->durable, f->size);
    size = f->size;
    for (struct write *w = f->first; w; w = w->next) {
        if (coin()) continue;
        if (w->count < 0) {
            size = w->offset < size ? w->offset : size;
        } else {
            memcpy(image + w->offset, w->bytes, w->count);
            if (w->offset + w->count > size) size = w->offset + w->count;
        }
    }
    int fd = REAL(open64)(f->path, O_WRONLY);
    if (fd < 0) return;
    for (off_t at = 0; at < size;) {
        ssize_t n = REAL(pwrite64)(fd, image + at, size - at, at);
        if (n <= 0) break;
        at += n;
    }
    if (REAL(ftruncate64)(fd, size)) _exit(98);
}

static void cut(void) {
    for (struct file *f = files; f && !keeps; f = f->next) if (f->first) restore(f);
    for (struct entry *e = entries; e; e = e->before) {
        if (keeps || coin()) continue;
        if (e->kind == MADE) REAL(unlink)(e->path);
        if (e->kind == MOVED) REAL(rename)(e->path, e->from);
        if (e->kind != MADE && e->kept) REAL(rename)(e->kept, e->path);
    }
    for (struct entry *e = entries; e; e = e->before) if (e->kept) REAL(unlink)(e->kept);
    kill(getpid(), SIGKILL);
}

static void count(void) {
    changes++;
    if (limit && changes == limit) cut();
}

// MARK: What is not on the disk yet

static struct file *find(int fd, const char *path) {
    struct stat s;
    if (fstat(fd, &s)) return 0;
    struct file *f = files;
    while (f && (f->inode != s.st_ino || f->device != s.st_dev)) f = f->next;
    if (!f) {
        f = calloc(1, sizeof *f);
        f->next = files, f->device = s.st_dev, f->inode = s.st_ino, f->path = strdup(path), f->end = &f->first;
        files = f;
    }
    if (!f->first) {
        // The first change since the last flush: what is there now is on the disk.
        int copy = REAL(open64)(f->path, O_RDONLY);
        f->durable = realloc(f->durable, s.st_size + 1);
        f->size = 0;
        while (copy >= 0 && f->size < s.st_size) {
            ssize_t n = pread(copy, f->durable + f->size, s.st_size - f->size, f->size);
            if (n <= 0) break;
            f->size += n;
        }
        if (copy >= 0) REAL(close)(copy);
    }
    return f;
}

static void note(int fd, off_t offset, const void *bytes, ssize_t n) {
    char path[PATH_MAX];
    if (!path_of(fd, path)) return;
    pthread_mutex_lock(&mutex);
    struct file *f = find(fd, path);
    if (f) {
        struct write *w = malloc(sizeof *w + (n > 0 ? n : 0));
        w->next = 0, w->offset = offset, w->count = n;
        if (n > 0) memcpy(w->bytes, bytes, n);
        *f->end = w, f->end = &w->next;
    }
    count();
    pthread_mutex_unlock(&mutex);
}

static void note_entry(enum kind kind, const char *path, const char *from, char *kept) {
    pthread_mutex_lock(&mutex);
    char folder[PATH_MAX];
    struct stat s = {0};
    strcpy(folder, path);
    *strrchr(folder, '/') = 0;
    stat(folder, &s);
    struct entry *e = calloc(1, sizeof *e);
    e->kind = kind, e->device = s.st_dev, e->inode = s.st_ino, e->before = entries;
    e->path = strdup(path), e->from = from ? strdup(from) : 0, e->kept = kept;
    entries = e;
    for (struct file *f = files; f && from; f = f->next)
        if (!strcmp(f->path, from)) f->path = strdup(path);
    count();
    pthread_mutex_unlock(&mutex);
}

/// A second name for a file that is about to lose its own.
static char *keep(const char *path) {
    static long serial;
    char name[PATH_MAX + 32];
    snprintf(name, sizeof name, "%s.kept-%ld", path, serial++);
    return link(path, name) ? 0 : strdup(name);
}

static void flushed(int fd) {
    struct stat s;
    char path[PATH_MAX];
    if (!path_of(fd, path) && strcmp(path, root)) return;
    if (fstat(fd, &s)) return;
    pthread_mutex_lock(&mutex);
    for (struct file *f = files; f; f = f->next) {
        if (f->inode != s.st_ino || f->device != s.st_dev) continue;
        for (struct write *w = f->first, *next; w; w = next) next = w->next, free(w);
        f->first = 0, f->end = &f->first;
    }
    for (struct entry **e = &entries; *e;) {
        if ((*e)->inode != s.st_ino || (*e)->device != s.st_dev) {
            e = &(*e)->before;
            continue;
        }
        if ((*e)->kept) REAL(unlink)((*e)->kept);
        *e = (*e)->before;
    }
    count();
    pthread_mutex_unlock(&mutex);
}

// MARK: The calls

#define OPENER(name, declaration, arguments)                                                                           \
    int name declaration {                                                                                             \
        va_list list;                                                                                                  \
        va_start(list, flags);                                                                                         \
        mode_t mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(list, mode_t) : 0;                                      \
        va_end(list);                                                                                                  \
        char where[PATH_MAX];                                                                                          \
        struct stat s;                                                                                                 \
        int makes = flags & O_CREAT && resolve(path, where) && lstat(where, &s);                                       \
        int fd = REAL(name) arguments;                                                                                 \
        if (fd >= 0 && makes) note_entry(MADE, where, 0, 0);                                                           \
        return fd;                                                                                                     \
    }
OPENER(open, (const char *path, int flags, ...), (path, flags, mode))
OPENER(open64, (const char *path, int flags, ...), (path, flags, mode))

ssize_t write(int fd, const void *bytes, size_t n) {
    // `note` comes first: it reads what was there. A write that then fails only adds a change that may be lost.
    off_t at = lseek(fd, 0, SEEK_CUR);
    if (at >= 0) note(fd, at, bytes, (ssize_t)n);
    return REAL(write)(fd, bytes, n);
}
ssize_t pwrite(int fd, const void *bytes, size_t n, off_t at) { return pwrite64(fd, bytes, n, at); }
ssize_t pwrite64(int fd, const void *bytes, size_t n, off64_t at) {
    note(fd, at, bytes, (ssize_t)n);
    return REAL(pwrite64)(fd, bytes, n, at);
}
int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }
int ftruncate64(int fd, off64_t size) {
    note(fd, size, 0, -1);
    return REAL(ftruncate64)(fd, size);
}
int fsync(int fd) {
    int result = REAL(fsync)(fd);
    flushed(fd);
    return result;
}
int fdatasync(int fd) {
    int result = REAL(fdatasync)(fd);
    flushed(fd);
    return result;
}
int rename(const char *from, const char *to) {
    char a[PATH_MAX], b[PATH_MAX];
    if (!resolve(from, a) || !resolve(to, b)) return REAL(rename)(from, to);
    char *kept = keep(b);
    int result = REAL(rename)(from, to);
    if (!result) note_entry(MOVED, b, a, kept);
    return result;
}
int unlink(const char *path) {
    char where[PATH_MAX];
    if (!resolve(path, where)) return REAL(unlink)(path);
    char *kept = keep(where);
    int result = REAL(unlink)(path);
    if (!result) note_entry(REMOVED, where, 0, kept);
    return result;
}
