// smpo-mpi: ranks of any MPI for smpo, which is linked with none.
//
//   mpicc -O2 -o smpo-mpi smpo-mpi.c
//   mpirun -np 4 ./smpo-mpi smpo ranks check
//
// Starts the program with descriptor 3, a socket for requests, and descriptor 4, a memory that both map (the window): what
// is sent never goes through the socket. The program asks; only this file, compiled by the site's own mpicc, knows MPI.
// Whoever changes the protocol changes Sources/Ranks/Bridge/BridgeProtocol.swift with it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <mpi.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAGIC = 0x4f504d53, VERSION = 1, HELLO = 1, EXCHANGE = 2, GOODBYE = 3, HOST = 256, MOST = 1 << 16 };
enum { DONE = 0, OTHER_LENGTH = 1, STOP = 1u << 31 };
// MPI counts by int: longer transfers go in pieces.
static const uint64_t PIECE = 1u << 28;

typedef struct { uint32_t magic, operation, count, unused; uint64_t window; } Request;
typedef struct { uint32_t peer, receives; uint64_t offset, bytes; } Transfer;
typedef struct { uint32_t magic, version, rank, size; } Welcome;
typedef struct { uint32_t index, status; } Completion;

// asks: whether the program has joined the group. left_with: the exit code of one that all is done with. starter: where MPICH's
// starter is told of a rank's end, or -1. watcher: where the watcher hears of this process, or -1.
static int rank = -1, size, asks, left_with, starter = -1, watcher = -1;
static char host[HOST];
static const char *program;
static pid_t child;
static volatile sig_atomic_t stopped;

static void stop(int number) { stopped = number; }

static void say(const char *format, ...) {
    char text[1024];
    va_list values;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    if (rank < 0) fprintf(stderr, "smpo-mpi (host %s): %s\n", host, text);
    else fprintf(stderr, "smpo-mpi: rank %d (host %s): %s\n", rank, host, text);
}

// A process that sees this one being killed and says whose rank it was: not every starter does. It is told the rank, then that all
// is well. Starters kill by process groups, and so the watcher with those that are ended because of another rank.
static void be_watched(void) {
    int ends[2];
    if (pipe(ends)) return;
    pid_t made = fork();
    if (made) {
        close(ends[0]);
        if (made < 0) close(ends[1]);
        else watcher = ends[1];
        if (watcher >= 0) fcntl(watcher, F_SETFD, FD_CLOEXEC);
        return;
    }
    // MPICH's starter ends all, and forwards no word, when the connection to a rank is closed: here it stays open for the word.
    const char *held = getenv("PMI_FD");
    for (int i = 3; i < 1024; i++)
        if (i != ends[0] && !(held && i == atoi(held))) close(i);
    char byte;
    int known = 0, well = 0;
    while (read(ends[0], &byte, 1) == 1) {
        if (byte == '.') well = 1;
        else if (byte == ';') known = 1;
        else rank = (rank < 0 ? 0 : rank * 10) + byte - '0';
    }
    if (!known) rank = -1;
    if (!well) {
        say("smpo-mpi was killed");
        nanosleep(&(struct timespec){0, 200000000}, NULL);
    }
    _exit(0);
}

static void tell_watcher(const char *word) {
    if (watcher >= 0) (void)!write(watcher, word, strlen(word));
}

// Ends the whole group; the others wait for this rank.
static void give_up(int code) {
    tell_watcher(".");
    if (child > 0) kill(child, SIGKILL);
    // Starters end all at once, and lose what was said in that moment.
    nanosleep(&(struct timespec){0, 200000000}, NULL);
    MPI_Abort(MPI_COMM_WORLD, code);
    _exit(code);
}

static void must(int result, const char *what) {
    if (result == MPI_SUCCESS) return;
    char text[MPI_MAX_ERROR_STRING] = "";
    int length = 0;
    MPI_Error_string(result, text, &length);
    say("%s: %s", what, text);
    give_up(2);
}

// Little by little longer, so that waiting burns no core and short waits stay short.
static void pause_after(unsigned idle) {
    if (idle < 200) { sched_yield(); return; }
    struct timespec rest = {0, idle < 2000 ? 20000 : 500000};
    nanosleep(&rest, NULL);
}

// MPI_Finalize may hang although all is done: in MPICH over UCX's tcp a rank waits for another one to take the end of their
// connection, which waits in the starter's barrier and looks at no connection. Nobody's work waits for it. A starter that sees
// a rank go without a word ends the others and calls it a failure: it is told, and gets time to hear it of all.
static void leave(int number) {
    static const char word[] = "cmd=finalize\n";
    (void)number;
    if (starter >= 0 && write(starter, word, sizeof word - 1) > 0) sleep(1);
    _exit(left_with);
}

// Waits for the program's end and ends likewise. Whoever fails takes the others along.
static void end(int said_goodbye) {
    int status = 0, some = 0;
    while (!said_goodbye && waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    // Some MPIs are only at work while they are called, and others may still be taking leave of this rank.
    while (said_goodbye && waitpid(child, &status, WNOHANG) == 0) {
        MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &some, MPI_STATUS_IGNORE);
        pause_after(1000);
    }
    child = 0;
    int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    if (WIFSIGNALED(status)) say("%s was ended by signal %d (%s)", program, WTERMSIG(status), strsignal(WTERMSIG(status)));
    else if (code && !said_goodbye) say("%s ended with exit code %d", program, code);
    else if (asks && !said_goodbye) { say("%s ended before its group did", program); code = 2; }
    if (WIFSIGNALED(status) || (code && !said_goodbye)) give_up(code);
    if (asks) {
        MPI_Barrier(MPI_COMM_WORLD);
        for (int i = 0; i < 100; i++) {
            MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, MPI_COMM_WORLD, &some, MPI_STATUS_IGNORE);
            pause_after(2000);
        }
    }
    left_with = code;
    tell_watcher(".");
    if (getenv("PMI_FD")) starter = atoi(getenv("PMI_FD"));
    signal(SIGALRM, leave);
    alarm(starter >= 0 ? 2 : 5);
    MPI_Finalize();
    exit(code);
}

// The whole of a message; 0 where the program has closed its end.
static int receive(int socket, void *bytes, size_t count) {
    char *at = bytes;
    while (count) {
        ssize_t got = read(socket, at, count);
        if (got < 0 && errno == EINTR) {
            // A program that knows nothing of ranks has to be told by itself.
            if (stopped && !asks && child > 0) { kill(child, stopped); stopped = 0; }
            continue;
        }
        if (got <= 0) return 0;
        at += got;
        count -= (size_t)got;
    }
    return 1;
}

static int answer(int socket, const void *bytes, size_t count) {
    const char *at = bytes;
    while (count) {
        ssize_t put = write(socket, at, count);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) return 0;
        at += put;
        count -= (size_t)put;
    }
    return 1;
}

static void *grown(void *old, size_t count, size_t each) {
    void *new = realloc(old, (count ? count : 1) * each);
    if (!new) { say("no memory for %zu transfers", count); give_up(2); }
    return new;
}

// All transfers at once, so that no order among ranks can make them wait for each other. Tells the program of each that is done.
static int exchange(int socket, const Request *asked, char *window, uint64_t mapped) {
    static Transfer *transfers;
    static MPI_Request *requests;
    static MPI_Status *statuses;
    static int *indices, *owner;
    static uint64_t *expected;
    static struct Progress { uint64_t pieces; uint32_t status; } *progress;
    size_t pieces = 0;
    transfers = grown(transfers, asked->count, sizeof *transfers);
    if (!receive(socket, transfers, asked->count * sizeof *transfers)) return 0;
    for (uint32_t i = 0; i < asked->count; i++) {
        const Transfer *t = &transfers[i];
        if (t->peer >= (uint32_t)size || t->peer == (uint32_t)rank || t->receives > 1 || t->offset > mapped
            || t->bytes > mapped - t->offset) {
            say("transfer %u is refused: peer %u of %d, bytes %llu at %llu of a window of %llu", i, t->peer, size,
                (unsigned long long)t->bytes, (unsigned long long)t->offset, (unsigned long long)mapped);
            give_up(2);
        }
        pieces += t->bytes ? (t->bytes + PIECE - 1) / PIECE : 1;
    }
    requests = grown(requests, pieces, sizeof *requests);
    statuses = grown(statuses, pieces, sizeof *statuses);
    indices = grown(indices, pieces, sizeof *indices);
    owner = grown(owner, pieces, sizeof *owner);
    expected = grown(expected, pieces, sizeof *expected);
    progress = grown(progress, asked->count, sizeof *progress);
    size_t n = 0;
    // Receives first: what arrives has its place already.
    for (uint32_t receives = 2; receives-- > 0;)
        for (uint32_t i = 0; i < asked->count; i++) {
            const Transfer *t = &transfers[i];
            if (t->receives != receives) continue;
            progress[i] = (struct Progress){0, DONE};
            uint64_t at = 0;
            do {
                uint64_t bytes = t->bytes - at < PIECE ? t->bytes - at : PIECE;
                char *data = window + t->offset + at;
                must(receives ? MPI_Irecv(data, (int)bytes, MPI_BYTE, (int)t->peer, 0, MPI_COMM_WORLD, &requests[n])
                              : MPI_Isend(data, (int)bytes, MPI_BYTE, (int)t->peer, 0, MPI_COMM_WORLD, &requests[n]),
                     receives ? "a receive" : "a send");
                owner[n] = (int)i;
                expected[n++] = bytes;
                progress[i].pieces++;
                at += bytes;
            } while (at < t->bytes);
        }
    unsigned idle = 0;
    for (size_t left = n; left;) {
        int done = 0;
        int result = MPI_Testsome((int)n, requests, &done, indices, statuses);
        int judged = result == MPI_ERR_IN_STATUS;
        if (!judged) must(result, "a transfer");
        if (done == MPI_UNDEFINED) break;
        if (!done) {
            struct pollfd gone = {socket, POLLIN, 0};
            // The program says nothing before it has its answer: what can be read now is its end.
            if (idle >= 200 && poll(&gone, 1, 0) > 0) end(0);
            pause_after(idle++);
            continue;
        }
        idle = 0;
        left -= (size_t)done;
        for (int k = 0; k < done; k++) {
            int piece = indices[k], i = owner[piece], count = 0;
            int class = MPI_SUCCESS;
            if (judged && statuses[k].MPI_ERROR != MPI_SUCCESS) MPI_Error_class(statuses[k].MPI_ERROR, &class);
            // More came than was expected.
            if (class == MPI_ERR_TRUNCATE) progress[i].status = OTHER_LENGTH;
            else if (class != MPI_SUCCESS) must(statuses[k].MPI_ERROR, "a transfer");
            else if (transfers[i].receives) {
                must(MPI_Get_count(&statuses[k], MPI_BYTE, &count), "a length");
                if ((uint64_t)count != expected[piece]) progress[i].status = OTHER_LENGTH;
            }
            if (--progress[i].pieces) continue;
            Completion completion = {(uint32_t)i, progress[i].status | (stopped ? STOP : 0)};
            if (!answer(socket, &completion, sizeof completion)) return 0;
        }
    }
    return 1;
}

static void serve(int socket, int memory) {
    char *window = NULL;
    uint64_t mapped = 0;
    Request asked;
    while (receive(socket, &asked, sizeof asked)) {
        if (asked.magic != MAGIC || asked.count > MOST) { say("%s does not speak as smpo does", program); give_up(2); }
        switch (asked.operation) {
            case HELLO: {
                asks = 1;
                Welcome welcome = {MAGIC, VERSION, (uint32_t)rank, (uint32_t)size};
                char *hosts = grown(NULL, (size_t)size, HOST);
                must(MPI_Allgather(host, HOST, MPI_BYTE, hosts, HOST, MPI_BYTE, MPI_COMM_WORLD), "the hosts' names");
                if (!answer(socket, &welcome, sizeof welcome) || !answer(socket, hosts, (size_t)size * HOST)) end(0);
                free(hosts);
                break;
            }
            case EXCHANGE: {
                struct stat file;
                if (asked.window != mapped) {
                    if (fstat(memory, &file) || file.st_size < 0 || (uint64_t)file.st_size < asked.window) {
                        say("a window of %llu bytes is refused: the memory has fewer", (unsigned long long)asked.window);
                        give_up(2);
                    }
                    if (mapped) munmap(window, mapped);
                    mapped = asked.window;
                    window = mapped ? mmap(NULL, mapped, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0) : NULL;
                    if (window == MAP_FAILED) { say("a window of %llu bytes: %s", (unsigned long long)mapped, strerror(errno)); give_up(2); }
                }
                if (!exchange(socket, &asked, window, mapped)) end(0);
                break;
            }
            case GOODBYE: {
                Completion completion = {0, DONE};
                must(MPI_Barrier(MPI_COMM_WORLD), "the end");
                answer(socket, &completion, sizeof completion);
                end(1);
                break;
            }
            default: say("operation %u is unknown", asked.operation); give_up(2);
        }
    }
    end(0);
}

int main(int argc, char **argv) {
    int ends[2];
    gethostname(host, sizeof host - 1);
    if (argc < 2) {
        fprintf(stderr, "usage: mpirun -np RANKS smpo-mpi PROGRAM [ARGUMENT…]\n");
        return 64;
    }
    program = argv[1];
    int memory = memfd_create("smpo", MFD_CLOEXEC);
    if (memory < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends)) { say("%s", strerror(errno)); return 2; }
    be_watched();
    // The child is made before MPI_Init: libraries for fast networks do not bear a fork after it.
    pid_t parent = getpid();
    child = fork();
    if (child < 0) { say("%s", strerror(errno)); tell_watcher("."); return 2; }
    if (!child) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent) _exit(2);
        int socket = fcntl(ends[1], F_DUPFD_CLOEXEC, 10), shared = fcntl(memory, F_DUPFD_CLOEXEC, 10);
        if (socket < 0 || shared < 0 || dup2(socket, 3) < 0 || dup2(shared, 4) < 0) _exit(2);
        // The starter takes the end of this connection for the rank's, which is the bridge's.
        if (getenv("PMI_FD")) fcntl(atoi(getenv("PMI_FD")), F_SETFD, FD_CLOEXEC);
        setenv("SMPO_MPI", "1", 1);
        execvp(argv[1], argv + 1);
        fprintf(stderr, "smpo-mpi (host %s): %s: %s\n", host, argv[1], strerror(errno));
        _exit(127);
    }
    close(ends[1]);
    signal(SIGPIPE, SIG_IGN);
    int result = MPI_Init(NULL, NULL);
    if (result != MPI_SUCCESS) { say("MPI_Init failed"); kill(child, SIGKILL); tell_watcher("."); return 2; }
    // After MPI_Init, which has handlers of its own. The program hears of a stop by its next answer: the signal itself it often
    // gets beside us, and a second one would end it at once.
    struct sigaction action = {.sa_handler = stop};
    for (int i = 0; i < 2; i++) sigaction((int[]){SIGTERM, SIGINT}[i], &action, NULL);
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    char text[16];
    snprintf(text, sizeof text, "%d;", rank);
    tell_watcher(text);
    serve(ends[0], memory);
}
