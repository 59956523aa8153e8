import COpenBLAS
import Tensors

/// The library that the reference kernels are held against.
enum OpenBLAS {
    /// Version and build options.
    static var config: String { String(cString: openblas_get_config()).trimmingTrailingSpace }

    /// The kernels that it chose for this CPU; its speed and its bits depend on them.
    static var core: String { String(cString: openblas_get_corename()) }

    /// How it makes threads.
    static var threading: String {
        switch openblas_get_parallel() {
        case 0: "none"
        case 1: "pthreads"
        case 2: "OpenMP"
        default: "unknown"
        }
    }

    static func use(threads: Int) { openblas_set_num_threads(Int32(threads)) }

    /// c [m, n] = a [m, k]·b, b being [k, n], or [n, k] if `transposed`.
    static func product(_ a: Tensor, _ b: Tensor, transposed: Bool, into c: Tensor, m: Int, n: Int, k: Int) {
        cblas_sgemm(
            CblasRowMajor, CblasNoTrans, transposed ? CblasTrans : CblasNoTrans, blasint(m), blasint(n), blasint(k), 1,
            a.pointer, blasint(k), b.pointer, blasint(transposed ? k : n), 0, c.pointer, blasint(n))
    }
}

extension String {
    fileprivate var trimmingTrailingSpace: String {
        var text = Substring(self)
        while text.last?.isWhitespace == true { text = text.dropLast() }
        return String(text)
    }
}
