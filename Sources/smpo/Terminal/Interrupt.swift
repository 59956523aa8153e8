import Core
import Foundation
import Jobs
import Synchronization

/// Control-C asks a run to stop after the present step; a second one ends the program and the
/// processes that it has started at once. So do SIGTERM and, once, a terminal that hangs up; under nohup, which has SIGHUP
/// ignored, the run goes on.
enum Interrupt {
    private static let requested = Atomic<Bool>(false)
    private static let isLast = Atomic<Bool>(false)

    /// Whether somebody asked to stop.
    static var isRequested: Bool { requested.load(ordering: .relaxed) }

    /// Listens from now on.
    static func listen() {
        RunningProcesses.prepare()
        for number in [SIGINT, SIGTERM] {
            signal(number) { _ in
                Interrupt.requested.store(true, ordering: .relaxed)
                guard Interrupt.isLast.exchange(true, ordering: .relaxed) else { return }
                RunningProcesses.terminate()
                TemporaryFiles.removeAll()
                _exit(130)
            }
        }
        // A terminal's end may be told twice, by the kernel and by the shell: it never ends the program at once.
        if !isIgnored(SIGHUP) { signal(SIGHUP) { _ in Interrupt.requested.store(true, ordering: .relaxed) } }
        // Whoever started the program may have blocked signals, as Dispatch does in its threads; the block is inherited.
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        sigaddset(&signals, SIGTERM)
        sigaddset(&signals, SIGHUP)
        pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    }

    /// For commands that do not listen: a signal ends them as ever, but leaves no temporary files.
    static func cleanUp() {
        TemporaryFiles.prepare()
        for number in [SIGINT, SIGTERM, SIGHUP] where !isIgnored(number) {
            signal(number) { number in
                TemporaryFiles.removeAll()
                signal(number, SIG_DFL)
                raise(number)
            }
        }
    }

    private static func isIgnored(_ number: Int32) -> Bool {
        var action = sigaction()
        return sigaction(number, nil, &action) == 0
            && unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
                == unsafeBitCast(SIG_IGN, to: Int.self)
    }
}
