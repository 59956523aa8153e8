import ArgumentParser
import Core
import Datasets
import Foundation
import Ledger

/// `smpo data`
struct DataCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "data",
        abstract: "Make preference pairs or what models take of them: a model's own, latents, random ones.",
        discussion: """
            EXAMPLES
              smpo data generate --model Golden/shapes-base --scorer Golden/shapes-pickscore --pairs 256 --out pairs
              smpo data encode recipe.yaml --jobs 2
              smpo data latents --pairs 2 --shape 4x64x64 --seed 1 --out random-latents

            \(ExitStatus.help([.success, .diverged, .trouble, .tampered, .incomparable, .usage, .interrupted]))
            """,
        subcommands: [Generate.self, Encode.self, Latents.self])

    /// `smpo data latents`
    struct Latents: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make pairs of random latents, to try out sizes of models.",
            discussion: """
                Writes pairs.jsonl (captions of the shapes world, random labels and scores)
                and latents.safetensors (latents_0 and latents_1, standard normals). Real
                latents have the same form: [pairs, channels, edge, edge], one row for each
                line of the list, scaled as the UNet takes them.

                EXAMPLES
                  smpo data latents --pairs 2 --shape 4x64x64 --seed 1 --out random-latents

                \(ExitStatus.help([.success, .trouble, .usage]))
                """)

        @Option(help: "Number of pairs.")
        var pairs = 2

        @Option(help: "Channels, height and width of a latent; height and width are equal.")
        var shape = "4x64x64"

        @Option(help: "Seed of the numbers.")
        var seed: UInt64 = 1

        @Option(help: "Element type of the latents.")
        var dtype: InitCommand.Model.WeightType = .f32

        @Option(help: "Folder to write into; made if it is missing.")
        var out: String

        @Flag(help: "Print the result as JSON.")
        var json = false

        @Flag(help: "Replace data that are in that folder.")
        var replace = false

        func validate() throws {
            if !(1...1_000_000).contains(pairs) { throw ValidationError("--pairs must be between 1 and 1000000") }
            _ = try extents()
        }

        func run() throws {
            try OutputFile("--out", out).requireOutsideEvidence(Workspace())
            let list = "\(out)/\(FolderPairs.listName)"
            guard replace || !FileContents.exists(list) else {
                throw ValidationError("\(list) is there already; --replace writes over it")
            }
            let (channels, edge) = try extents()
            try RandomLatents(pairs: pairs, channels: channels, size: edge, seed: seed).write(
                to: out, dtype: dtype.dtype)
            let latents = try LatentPairs.load(folder: out)
            if json {
                let value: JSONValue = [
                    "schema": 1, "pairs": .integer(latents.count),
                    "shape": [.integer(latents.channels), .integer(latents.size), .integer(latents.size)],
                    "data_digest": .digest(latents.digest),
                ]
                return print(value.pretty)
            }
            print("pairs        \(latents.count)")
            print("latents      \(latents.channels)x\(latents.size)x\(latents.size)")
            print("data digest  \(latents.digest)")
        }

        private func extents() throws -> (channels: Int, edge: Int) {
            let numbers = shape.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
            guard numbers.count == 3, (1...64).contains(numbers[0]), (1...1024).contains(numbers[1]),
                numbers[1] == numbers[2]
            else {
                throw ValidationError(
                    "--shape: expected CHANNELSxEDGExEDGE such as 4x64x64 (up to 64x1024x1024), found \"\(shape)\"")
            }
            return (numbers[0], numbers[1])
        }
    }
}
