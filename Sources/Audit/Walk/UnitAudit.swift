import Core

/// An audit of a run by a walk and drawn units: what is asked, and the report of what came of it, wherever each was computed.
package struct UnitAudit: Sendable {
    /// The run, and the name of its contract.
    package let run: String, contract: String
    /// The steps that its recipe demands.
    let demanded: Int
    /// The drawn units, and the text that they were drawn by.
    package let draw: UnitDraw
    package let seed: String
    /// What the run is compared with.
    let evidence: [EvidenceKind]
    /// What whoever asks has not looked at of the model that the run has handed over.
    let unchecked: [String]

    /// The audit of `run`. - Throws: `SettingsError`.
    init(_ run: Run, _ draw: UnitDraw, seed: String, unchecked: [String]) throws {
        (self.run, contract) = (run.name, run.manifest.inputs.contract)
        demanded = try run.recipe.training.steps
        (self.draw, self.seed, self.unchecked) = (draw, seed, unchecked)
        evidence = run.sources.map(\.evidence)
    }

    /// A unit whose result is needed for a verdict is not there.
    package struct Gap: Error { package let unit: DrawnUnit }

    /// The report: step by step, as if all had been computed one after another up to the first difference.
    /// - Parameter allowsGaps: whether results may be missing, for others show already that the run is no pass.
    /// - Throws: `Gap`.
    package func report(
        _ walk: WalkResult, _ results: [DrawnUnit: UnitResult], allowsGaps: Bool = false
    ) throws -> UnitReport {
        if case .unopened(let verdict, let reason) = walk.ending { return bare(Judgement(verdict, told: reason)) }
        var report = UnitReport(run: run, .incomparable("nothing was replayed"))
        (report.draw, report.seed, report.contract, report.device) = (draw, seed, contract, walk.device)
        report.evidence = evidence
        report.unchecked = unchecked + walk.unchecked + report.outside
        var facts = Judgement.Facts(demanded: demanded, last: draw.stepCount)
        facts.contradiction = walk.contradiction
        var missing: [String] = [], gaps = 0
        let whole = Set(draw.steps), units = Dictionary(grouping: draw.units, by: \.step)
        var step = 0, read = 0
        steps: while step < draw.stepCount {
            step += 1
            let isLast = walk.ending != nil && step == walk.steps + 1
            // A whole step's kept gradients are read first, a lane's step's last.
            if whole.contains(step) { read = step }
            if isLast, whole.contains(step), walk.ending?.isOfTheUpdate == false { break }
            for unit in units[step] ?? [] {
                guard let result = results[unit] else {
                    guard allowsGaps else { throw Gap(unit: unit) }
                    gaps += 1
                    continue
                }
                if let judgement = result.judgement { return bare(judgement) }
                facts.difference = result.divergence
                if facts.difference != nil { break steps }
                for what in result.unchecked where !missing.contains(what) { missing.append(what) }
                if unit.lane != nil { report.lanes += 1 } else { report.wholeSteps += 1 }
            }
            read = step
            if isLast { break }
            if whole.contains(step) { report.lanes += draw.lanes.filter { $0.step == step }.count }
            report.updates += 1
            facts.compared += 1
        }
        if facts.difference == nil {
            switch walk.ending {
            case .judged(let verdict, let reason), .unopened(let verdict, let reason):
                return bare(Judgement(verdict, told: reason))
            case .gradient(let difference), .update(let difference): facts.difference = difference
            case .missing(let obstacle): facts.obstacle = obstacle
            case nil: facts.outcome = walk.outcome
            }
        }
        report.unchecked += missing
        if read < draw.stepCount {
            report.unchecked.append("what is stored of the steps after \(read): smpo verify \(run) reads it")
        }
        if gaps > 0 { report.unchecked.append("\(gaps) drawn steps and lanes: they have no result") }
        (report.divergence, report.judgement) = (facts.difference, Judgement(facts))
        return report
    }

    /// A report without any replay to tell of.
    private func bare(_ judgement: Judgement) -> UnitReport {
        var report = UnitReport(run: run, judgement)
        // Latents that come out otherwise are held against the records.
        if judgement.verdict == .diverged { report.evidence = evidence }
        return report
    }
}

extension WalkResult.Ending {
    /// Whether it was found after the step's gradients had been read.
    fileprivate var isOfTheUpdate: Bool { if case .update = self { true } else { false } }
}

extension UnitResult {
    /// The judgement, where it is neither a pass nor a difference in the unit.
    fileprivate var judgement: Judgement? {
        divergence == nil && !verdict.isPass ? Judgement(verdict, told: reason) : nil
    }
}

extension UnitAudit {
    /// All that makes the report of results.
    package var request: JSONValue {
        var object: JSONObject = [
            "run": .string(run), "contract": .string(contract), "steps": .integer(draw.stepCount),
            "lanes_each": .integer(draw.laneCount), "demanded": .integer(demanded), "seed": .string(seed),
            "drawn_steps": .integer(draw.steps.count), "drawn_lanes": .integer(draw.lanes.count),
            "evidence": .array(evidence.map { .string($0.rawValue) }),
        ]
        object["not_checked"] = unchecked.isEmpty ? nil : .array(unchecked.map { .string($0) })
        return .object(object)
    }

    /// Reads a request. - Throws: `JSONShapeError`.
    package init(request cursor: JSONCursor) throws {
        func number(_ name: String, _ least: Int) throws -> Int {
            let found = try cursor[name].int()
            guard (least...1 << 32).contains(found) else {
                throw try cursor[name].error(expected: "\(least) or more", found: "\(found)")
            }
            return found
        }
        (run, contract) = (try cursor["run"].string(), try cursor["contract"].string())
        (demanded, seed) = (try number("demanded", 0), try cursor["seed"].string())
        draw = UnitDraw(
            steps: try number("drawn_steps", 0), lanes: try number("drawn_lanes", 0), ofSteps: try number("steps", 0),
            lanesEach: try number("lanes_each", 1), seed: seed)
        evidence = try cursor["evidence"].elements().map { try EvidenceKind(json: $0) }
        unchecked = try cursor["not_checked"].strings()
    }
}
