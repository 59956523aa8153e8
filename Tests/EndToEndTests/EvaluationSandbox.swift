import Core
import Foundation
import Testing

/// Evaluations on prompts in a sandbox, with the tiny models and reward models of the sources.
enum EvaluationSandbox {
    static let rewards = "\(SourceTree.root)/Tests/PreferencesTests/Fixtures"
    /// All four kinds of reward models, as `--rewards` takes them.
    static let asked = [
        "hpsv2=\(rewards)/hpsv2", "imagereward=\(rewards)/imagereward", "aesthetic=\(rewards)/aesthetic/clip",
        "aesthetic.head=\(rewards)/aesthetic/relu.pth", "pickscore=\(SourceTree.root)/Golden/shapes-pickscore",
    ].joined(separator: ",")
    static let names = ["hpsv2", "imagereward", "aesthetic", "pickscore"]
    static let prompts = ["a cup", "a RED \"cup\"", "", "two dogs, a house", "a cup"]

    /// A sandbox with two models, `before` and `after`, which has other weights, and prompts of two styles.
    static func with(_ body: (Sandbox) throws -> Void) throws {
        try Sandbox.with { sandbox in
            let from = "\(SourceTree.root)/Tests/OracleTests/Fixtures/sampling/sd"
            for model in ["before", "after"] {
                try FileContents.makeFolder(sandbox.runs.path(model))
                for part in try FileContents.names(in: from)
                where !["cases", "inputs", "out", "controlnet"].contains(part) {
                    try FileManager.default.copyItem(
                        atPath: "\(from)/\(part)", toPath: sandbox.runs.path("\(model)/\(part)"))
                }
            }
            try sandbox.changeWeights(of: "after")
            let styles = ["x", "y", "x", "y", "y"]
            let rows = zip(prompts, styles).map { "\($0)\t\($1)\n" }
            try sandbox.runs.write("Prompt\tCategory\n" + rows.joined(), to: "prompts.tsv")
            try body(sandbox)
        }
    }
}

extension Sandbox {
    /// Gives a model's text encoder other weights: the last byte of its file is the upper one of a half.
    func changeWeights(of model: String) throws {
        let file = try #require(
            FileContents.names(in: runs.path("\(model)/text_encoder")).first { $0.hasSuffix("safetensors") })
        let path = runs.path("\(model)/text_encoder/\(file)")
        var bytes = try FileContents.read(path)
        for place in 0..<64 { bytes[bytes.count - 1 - 2 * place] ^= 0x80 }
        try AtomicFile.write(bytes, to: path)
    }
}
