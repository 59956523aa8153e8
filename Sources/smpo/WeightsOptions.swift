import ArgumentParser
import Checkpoints

/// Which weights of a single file are meant.
struct WeightsOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Of a file that has averaged weights (EMA) beside the trained ones: plain or ema.", valueName: "which"))
    var weights: WeightsChoice?
}

extension WeightsChoice: ExpressibleByArgument {}
