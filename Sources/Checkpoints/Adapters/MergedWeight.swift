import Compute

/// One weight with an adapter's module in it.
struct MergedWeight: Sendable {
    let module: LowRankAdapter.Module
    /// The base's weight; `nil` for the product alone.
    let base: CheckpointTensor?
    /// Whether the product lies transposed in the weight.
    let isTransposed: Bool
    let change: AdapterConfiguration.BaseChange?
    let path: String

    /// The product alone lies as the configuration says; onto a base, as `isTransposed` says.
    init(
        module: LowRankAdapter.Module, base: CheckpointTensor?, isTransposed: Bool? = nil,
        change: AdapterConfiguration.BaseChange?, path: String
    ) {
        (self.module, self.base, self.change, self.path) = (module, base, change, path)
        self.isTransposed =
            isTransposed
            ?? { if case .outFirst = module.orientation { false } else { module.shape.count == 2 } }()
    }

    /// The element type: the base's, or Float32, or Float64 where the matrices are that.
    var type: ElementType { base?.type ?? Self.type(of: [module.down, module.up]) }
    /// The extents.
    var shape: [Int] { base?.shape ?? (isTransposed ? module.shape.reversed() : module.shape) }

    static func type(of tensors: [CheckpointTensor]) -> ElementType {
        ElementType(safetensors: tensors.contains { $0.type.numbers == .f64 } ? "F64" : "F32")!
    }

    /// Whether a product of this shape is added to a weight of that one as it is: equal but for extents of 1, or [out, n]
    /// onto a weight whose other extents come to n.
    static func fits(_ product: [Int], _ weight: [Int]) -> Bool {
        guard let rows = product.first, weight.first == rows else { return false }
        if product.count == 2 { return product[1] == weight.dropFirst().reduce(1, *) }
        return product.dropFirst().filter { $0 != 1 } == weight.dropFirst().filter { $0 != 1 }
    }

    /// The numbers.
    /// - Throws: `CheckpointError` (`dtype`, `adapter`), what reading throws.
    func storage() throws -> Storage {
        let isWide = [module.down, module.up, base].contains { $0?.type.numbers == .f64 }
        let (rows, columns) = (module.shape[0], module.shape.dropFirst().reduce(1, *))
        if !isWide && change == nil && module.magnitude == nil {
            var (a, b) = (try LowRankAdapter.floats(module.down, path), try LowRankAdapter.floats(module.up, path))
            if isTransposed { (a, b) = (Self.transposed(b, rows), Self.transposed(a, module.rank)) }
            var result =
                try base.map { try LowRankAdapter.floats($0, path) } ?? [Float](repeating: 0, count: rows * columns)
            product(rows, columns).add(up: b, down: a, to: &result)
            return Self.storage(result, type)
        }
        var (a, b) = (try LowRankAdapter.doubles(module.down, path), try LowRankAdapter.doubles(module.up, path))
        if isTransposed { (a, b) = (Self.transposed(b, rows), Self.transposed(a, module.rank)) }
        var result =
            try base.map { try LowRankAdapter.doubles($0, path) } ?? [Double](repeating: 0, count: rows * columns)
        if let change {
            try BaseResidual(change: change, rank: module.rank, scale: module.scale, module: module.name, path: path)
                .take(from: &result, rows: isTransposed ? columns : rows, isTransposed: isTransposed)
        }
        product(rows, columns).add(up: b, down: a, to: &result)
        if let magnitude = module.magnitude {
            try lengthen(&result, to: try LowRankAdapter.doubles(magnitude, path), columns)
        }
        return Self.storage(result, type)
    }

    /// Brings the weights of each output to a length (DoRA).
    private func lengthen(_ weight: inout [Double], to lengths: [Double], _ columns: Int) throws {
        let (step, stride) = isTransposed ? (lengths.count, 1) : (1, columns)
        for row in lengths.indices {
            var squares = 0.0
            for k in 0..<columns { squares += weight[row * stride + k * step] * weight[row * stride + k * step] }
            guard squares > 0 else {
                throw CheckpointError(.adapter, file: path, tensor: module.name, "DoRA of a row of zeros")
            }
            let factor = lengths[row] / squares.squareRoot()
            for k in 0..<columns { weight[row * stride + k * step] *= factor }
        }
    }

    private func product(_ rows: Int, _ columns: Int) -> LowRankProduct {
        LowRankProduct(
            rank: module.rank, rows: isTransposed ? columns : rows, columns: isTransposed ? rows : columns,
            scale: module.scale)
    }

    /// [n, m] of numbers that are [m, n].
    static func transposed<Number>(_ values: [Number], _ rows: Int) -> [Number] {
        let columns = values.count / max(rows, 1)
        return (0..<values.count).map { values[$0 % rows * columns + $0 / rows] }
    }

    /// Numbers in the bits of a type, rounded to Float32 first where it is no Float64.
    static func storage(_ values: [Double], _ type: ElementType) -> Storage {
        guard type.numbers == .f64 else { return storage(values.map { Float($0) }, type) }
        let storage = Storage(byteCount: values.count * 8)
        for (index, value) in values.enumerated() {
            storage.base.storeBytes(of: value, toByteOffset: index * 8, as: Double.self)
        }
        return storage
    }

    private static func storage(_ values: [Float], _ type: ElementType) -> Storage {
        let storage = Storage(byteCount: values.count * type.bytesPerBlock)
        for (index, value) in values.enumerated() {
            switch type.numbers {
            case .f16:
                storage.base.storeBytes(
                    of: FloatConversion.float16Bits(f32: value.bitPattern), toByteOffset: index * 2, as: UInt16.self)
            case .bf16:
                storage.base.storeBytes(
                    of: FloatConversion.bfloat16Bits(f32: value.bitPattern), toByteOffset: index * 2, as: UInt16.self)
            default: storage.base.storeBytes(of: value, toByteOffset: index * 4, as: Float.self)
            }
        }
        return storage
    }
}
