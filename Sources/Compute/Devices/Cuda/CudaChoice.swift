/// What is asked for in the place of what plans choose, so that every kernel can be had on small shapes. No bit depends on
/// it.
struct CudaChoice {
    /// Of products: the tile, how the operands are fetched, how chunks are added up where there are several.
    var tile: CudaProductPlan.Tile?
    var ways: (a: CudaProductPlan.Way, b: CudaProductPlan.Way)?
    var adding: CudaProductPlan.Adding?
    /// Of the way back of attention: whether the queries are cut into parts, and of how many heads dS is kept; 0: of none.
    var cutsQueries: Bool?
    var headsAtOnce: Int?
}

extension CudaProductPlan {
    /// The plan with what `choice` asks for, where there is a kernel for it and the operands can be fetched so.
    func following(_ choice: CudaChoice) -> CudaProductPlan {
        var plan = self
        if let adding = choice.adding, chunks > 1 { plan.adding = adding }
        let (asked, fetched) = (choice.tile ?? tile, choice.ways ?? ways)
        let ways = asked == .far ? (a: .k1, b: .k1) : fetched
        func can(_ way: Way, _ wanted: Way) -> Bool { way == wanted || way == .k1 || way == .i1 }
        // Operands that lie far apart have one kernel.
        if tile != .far, asked.takes(ways.a, ways.b), can(ways.a, wanted.a), can(ways.b, wanted.b) {
            (plan.tile, plan.ways) = (asked, ways)
        }
        return plan
    }
}

extension CudaAttentionPlan {
    /// The plan with what `choice` asks for.
    func following(_ choice: CudaChoice) -> CudaAttentionPlan {
        var plan = self
        if let cuts = choice.cutsQueries { plan.parts = cuts ? (queries + Self.chunk - 1) / Self.chunk : 1 }
        if let count = choice.headsAtOnce { plan.headsAtOnce = min(heads, count) }
        return plan
    }
}
