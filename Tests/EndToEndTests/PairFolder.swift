import Core
import Datasets
import TinyRuns

/// A folder of pairs that the shapes world has drawn.
struct PairFolder {
    let path: String

    /// Writes `count` pairs of 16 pixels into the folder `name`; `caption` may take another one for a pair.
    init(
        _ runs: TinyRuns, _ name: String = "pairs", count: Int = 4, caption: (Int, String) -> String = { $1 }
    ) throws {
        path = runs.path(name)
        try FileContents.makeFolder(path)
        let dataset = ShapesDataset(world: try ShapesWorld(seed: 1, side: 16), count: count)
        var lines = ""
        for index in 0..<count {
            let item = dataset.item(at: index)
            for side in PairSide.allCases {
                let planes = try dataset.pixels(at: index, which: side, size: 16)
                try PNGWriter.write(PixelPlanes.image(planes, width: 16, height: 16), to: picture(index, side))
            }
            let line: JSONValue = [
                "caption": .string(caption(index, item.caption)), "image_0": .string("\(index)-0.png"),
                "image_1": .string("\(index)-1.png"), "label_0": 1, "label_1": 0,
                "score_0": .decimal(0.2 + Double(index) / 10), "score_1": .decimal(0.1),
            ]
            lines += line.canonical + "\n"
        }
        try AtomicFile.write(lines, to: "\(path)/\(FolderPairs.listName)")
    }

    /// The path of a picture.
    func picture(_ index: Int, _ side: PairSide) -> String { "\(path)/\(index)-\(side.rawValue).png" }
}
