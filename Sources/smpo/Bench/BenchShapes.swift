import Compute

/// A matrix product y = x·Wᵀ as a UNet makes it: x [m, k], W [n, k].
struct ProductShape: Sendable {
    let name: String
    let m, n, k: Int

    var flop: Int { 2 * m * n * k }

    /// A smaller shape for a quick look.
    var quick: ProductShape { ProductShape(name: name, m: max(m / 4, 1), n: max(n / 4, 1), k: max(k / 4, 1)) }
}

/// A convolution as a UNet makes it, one picture at a time, square, padding that keeps 3 × 3 centred.
struct ConvolutionShape: Sendable {
    let name: String
    let channels, out, size, kernel, stride: Int

    var geometry: ConvolutionGeometry { ConvolutionGeometry(stride: stride, padding: kernel / 2) }
    var outSize: Int { (size + 2 * (kernel / 2) - kernel) / stride + 1 }
    /// Terms of one output.
    var inner: Int { channels * kernel * kernel }
    var flop: Int { 2 * out * inner * outSize * outSize }

    /// A smaller shape for a quick look.
    var quick: ConvolutionShape {
        ConvolutionShape(
            name: name, channels: max(channels / 4, 4), out: max(out / 4, 4), size: max(size / 2, 8), kernel: kernel,
            stride: stride)
    }
}

/// Shapes from Stable Diffusion 1.5's UNet at 512 × 512 (latents of 64 × 64), its text encoder and its autoencoder, and
/// small ones from the embedded model.
enum BenchShapes {
    static let products = [
        ProductShape(name: "query, 64²", m: 4096, n: 320, k: 320),
        ProductShape(name: "geglu in, 64²", m: 4096, n: 2560, k: 320),
        ProductShape(name: "geglu out, 64²", m: 4096, n: 320, k: 1280),
        ProductShape(name: "scores, 64²", m: 4096, n: 4096, k: 40),
        ProductShape(name: "query, 32²", m: 1024, n: 640, k: 640),
        ProductShape(name: "geglu in, 32²", m: 1024, n: 5120, k: 640),
        ProductShape(name: "query, 16²", m: 256, n: 1280, k: 1280),
        ProductShape(name: "geglu in, 16²", m: 256, n: 10240, k: 1280),
        ProductShape(name: "geglu out, 16²", m: 256, n: 1280, k: 5120),
        ProductShape(name: "text key, 16²", m: 77, n: 1280, k: 768),
        ProductShape(name: "values, 64²", m: 4096, n: 40, k: 4096),
        ProductShape(name: "text scores, 64²", m: 4096, n: 77, k: 40),
        ProductShape(name: "text values, 64²", m: 4096, n: 40, k: 77),
        ProductShape(name: "geglu in, 8²", m: 64, n: 10240, k: 1280),
        ProductShape(name: "time embedding", m: 2, n: 1280, k: 320),
        ProductShape(name: "time projection", m: 8, n: 1280, k: 1280),
        ProductShape(name: "CLIP query", m: 77, n: 768, k: 768),
        ProductShape(name: "CLIP MLP in", m: 77, n: 3072, k: 768),
        ProductShape(name: "CLIP MLP out", m: 77, n: 768, k: 3072),
        ProductShape(name: "autoencoder query", m: 4096, n: 512, k: 512),
        ProductShape(name: "autoencoder scores", m: 4096, n: 4096, k: 512),
        ProductShape(name: "embedded query", m: 512, n: 64, k: 64),
        ProductShape(name: "embedded geglu in", m: 512, n: 512, k: 64),
    ]

    static let convolutions = [
        ConvolutionShape(name: "conv_in", channels: 4, out: 320, size: 64, kernel: 3, stride: 1),
        ConvolutionShape(name: "resnet, 64²", channels: 320, out: 320, size: 64, kernel: 3, stride: 1),
        ConvolutionShape(name: "down, 64²", channels: 320, out: 320, size: 64, kernel: 3, stride: 2),
        ConvolutionShape(name: "shortcut, 64²", channels: 960, out: 320, size: 64, kernel: 1, stride: 1),
        ConvolutionShape(name: "resnet in, 32²", channels: 320, out: 640, size: 32, kernel: 3, stride: 1),
        ConvolutionShape(name: "resnet, 32²", channels: 640, out: 640, size: 32, kernel: 3, stride: 1),
        ConvolutionShape(name: "resnet in, 16²", channels: 640, out: 1280, size: 16, kernel: 3, stride: 1),
        ConvolutionShape(name: "resnet, 16²", channels: 1280, out: 1280, size: 16, kernel: 3, stride: 1),
        ConvolutionShape(name: "resnet, 8²", channels: 1280, out: 1280, size: 8, kernel: 3, stride: 1),
        ConvolutionShape(name: "up resnet, 8²", channels: 2560, out: 1280, size: 8, kernel: 3, stride: 1),
    ]
}
