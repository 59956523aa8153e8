import ArgumentParser
import Checkpoints

/// `--to`: the names that a conversion writes, of a model or of an adapter.
enum ConvertedNames: String, CaseIterable, ExpressibleByArgument {
    case same, diffusers, ldm
    case openCLIP = "open_clip"
    case peft, kohya

    var model: ModelLayout? { ModelLayout(rawValue: rawValue) }
    var adapter: AdapterLayout? { AdapterLayout(rawValue: rawValue) }
}
