import COpenBLAS
import Synchronization

/// The library that computes the products of the backend `openblas`.
package enum OpenBLAS {
    /// Version, build options and kernels, as the library puts them. Asked for once: the library writes them into one place,
    /// where two threads that ask at the same time mix them up.
    package static let config = trimmed(String(cString: openblas_get_config()))

    /// The version, such as "0.3.21": the word after the library's name in `config`.
    package static var version: String {
        let words = config.split(separator: " ")
        return words.count > 1 && words[0] == "OpenBLAS" ? String(words[1]) : "unknown"
    }

    /// The kernels that it chose for this CPU; its speed and its bits depend on them.
    package static var core: String { trimmed(String(cString: openblas_get_corename())) }

    /// The threads that a product may use now.
    package static var threads: Int { Int(openblas_get_num_threads()) }

    /// How it makes threads.
    package static var threading: String {
        switch openblas_get_parallel() {
        case 0: "none"
        case 1: "pthreads"
        case 2: "OpenMP"
        default: "unknown"
        }
    }

    private static let turn = Mutex(())

    /// Runs `body` with the library set to `threads` threads. The number is the process's, not the caller's: whoever
    /// else wants to multiply waits, so that a product is computed by as many threads as were recorded.
    static func with<Result>(threads: Int, _ body: () -> Result) -> Result {
        turn.withLock { _ in
            if OpenBLAS.threads != threads { openblas_set_num_threads(Int32(threads)) }
            return body()
        }
    }

    /// C [m, n] = A·B + beta · C for row-major operands: A [m, k] or, transposed, [k, m]; B [k, n] or, transposed,
    /// [n, k]; the strides are the distances of rows as stored.
    static func multiply(
        m: Int, n: Int, k: Int, _ a: UnsafePointer<Float>, _ aStride: Int, _ transposeA: Transposition,
        _ b: UnsafePointer<Float>, _ bStride: Int, _ transposeB: Transposition, beta: Float,
        into c: UnsafeMutablePointer<Float>, _ cStride: Int
    ) {
        cblas_sgemm(
            CblasRowMajor, transposeA == .none ? CblasNoTrans : CblasTrans,
            transposeB == .none ? CblasNoTrans : CblasTrans, blasint(m), blasint(n), blasint(k), 1, a,
            blasint(aStride), b, blasint(bStride), beta, c, blasint(cStride))
    }

    private static func trimmed(_ text: String) -> String {
        var text = Substring(text)
        while text.last?.isWhitespace == true { text = text.dropLast() }
        return String(text)
    }
}
