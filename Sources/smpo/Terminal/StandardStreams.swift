import Core
@preconcurrency import Foundation

/// The three descriptors that a program is started with: whether they are there, and whether what was printed arrived.
enum StandardStreams {
    /// To be called before anything is opened.
    ///
    /// A descriptor that is closed (`2>&-`) would be given to the next file that is opened, a ledger or a model, and notes
    /// would be written into that. So each closed one is opened on nothing: reading finds the end, writing fails. A reader
    /// that goes away (`| head`) is an error of the write, not the end of a training.
    static func secure() {
        for number in 0...2 as ClosedRange<Int32> where fcntl(number, F_GETFD) < 0 && errno == EBADF {
            // The lowest free number is taken: those below are open already.
            _ = open("/dev/null", O_RDONLY)
        }
        signal(SIGPIPE, SIG_IGN)
    }

    /// Ends the program, here and nowhere else, with `status`; where what was printed could not be written, that is trouble.
    static func exit(_ status: Int32) -> Never {
        guard let code = unwritten() else { Foundation.exit(status) }
        end(status, code)
    }

    /// Sends on what was printed so far; ends the program where that fails.
    static func flush() {
        guard ferror(stdout) != 0 || fflush(stdout) != 0 else { return }
        end(ExitStatus.success.rawValue, unwritten() ?? errno)
    }

    /// Ends the program because its reader has gone: without a word, and as one whose work was not wanted to the end.
    static func endWithoutReader(_ status: Int32 = 0) -> Never {
        guard status == 0 else { _exit(status) }
        signal(SIGPIPE, SIG_DFL)
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGPIPE)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
        raise(SIGPIPE)
        _exit(ExitStatus.trouble.rawValue)
    }

    private static func end(_ status: Int32, _ code: Int32) -> Never {
        if code == EPIPE { endWithoutReader(status) }
        StandardError.write(
            "smpo: \(ExitStatus.trouble): standard output: cannot write: \(String(cString: strerror(code)))\n")
        // A verdict that nobody can read is none. What has failed anyway, or was stopped, stays what it is.
        let verdicts: [ExitStatus] = [.success, .diverged, .tampered, .incomparable]
        _exit(verdicts.contains { $0.rawValue == status } ? ExitStatus.trouble.rawValue : status)
    }

    /// The error number of a failed write to standard output, now or before; nil where all has arrived.
    private static func unwritten() -> Int32? {
        let failed = ferror(stdout) != 0
        errno = 0
        if fflush(stdout) != 0, errno != 0 { return errno }
        guard !failed else {
            // The error code is lost, but a pipe without a reader can still be recognised.
            var state = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
            let isBroken = poll(&state, 1, 0) == 1 && Int32(state.revents) & (POLLERR | POLLHUP) != 0
            return isBroken ? EPIPE : EIO
        }
        // A network's file system may say only now that there was no room. What was closed before is nothing to close.
        guard close(STDOUT_FILENO) != 0, errno != EBADF, errno != EINTR else { return nil }
        return errno
    }
}

/// Notes, progress and errors. One that cannot be written is no reason to stop: a terminal may have gone, a disk be full.
enum StandardError {
    static func write(_ text: String) {
        _ = Array(text.utf8).withUnsafeBytes { Descriptor.write($0, to: STDERR_FILENO) }
    }
}
