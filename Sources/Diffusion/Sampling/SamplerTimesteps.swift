/// The timesteps of diffusers' samplers: `timestep_spacing` and `steps_offset` over those of training, with numpy's
/// arithmetic; from noisy to clean.
enum SamplerTimesteps {
    /// Those of DDIM and PNDM, and Euler's but for `linspace`.
    static func even(_ config: SchedulerConfig, steps: Int, count: Int) -> [Int] {
        switch config.timestepSpacing {
        case .leading: (0..<steps).reversed().map { $0 * (count / steps) + config.stepsOffset }
        case .trailing: trailing(steps: steps, count: count)
        case .linspace: linspace(count: count, points: steps).map { Int($0.rounded(.toNearestOrEven)) }
        }
    }

    /// Euler's: with `linspace` they are not rounded.
    static func euler(_ config: SchedulerConfig, steps: Int, count: Int) -> [Float] {
        config.timestepSpacing == .linspace
            ? linspace(count: count, points: steps).map { Float($0) }
            : even(config, steps: steps, count: count).map { Float($0) }
    }

    /// DPM-Solver++'s: those of one step more, without the last.
    static func dpmSolver(_ config: SchedulerConfig, steps: Int, count: Int) -> [Int] {
        switch config.timestepSpacing {
        case .leading: (1...steps).reversed().map { $0 * (count / (steps + 1)) + config.stepsOffset }
        case .trailing: trailing(steps: steps, count: count)
        case .linspace:
            linspace(count: count, points: steps + 1).dropLast().map { Int($0.rounded(.toNearestOrEven)) }
        }
    }

    /// numpy.linspace(0, count − 1, points), descending: multiples of a rounded step, the end exact.
    private static func linspace(count: Int, points: Int) -> [Double] {
        (0..<points).reversed().map { index in
            let step = Double(count - 1) / Double(max(1, points - 1))
            return index == points - 1 && points > 1 ? Double(count - 1) : Double(index) * step
        }
    }

    /// numpy.arange(count, 0, −count / steps), rounded, minus 1, with numpy's arithmetic: it adds multiples of the
    /// difference of its first two elements, and may give one element more than asked for.
    private static func trailing(steps: Int, count: Int) -> [Int] {
        let step = -Double(count) / Double(steps)
        let length = Int((-Double(count) / step).rounded(.up))
        let difference = (Double(count) + step) - Double(count)
        return (0..<length).map { Int((Double(count) + Double($0) * difference).rounded(.toNearestOrEven)) - 1 }
    }
}
