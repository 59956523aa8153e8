import Core
import Datasets
import TinyRuns

/// The folders `w` and `l` with pictures of the shapes world that have other sizes: 16 pixels high and 20 or 24 wide.
struct PairFolders {
    let path: String

    init(_ runs: TinyRuns, count: Int = 6) throws {
        path = runs.path("pair-folders")
        let dataset = ShapesDataset(world: try ShapesWorld(seed: 1, side: 16), count: count)
        for (side, folder) in zip(PairSide.allCases, ["w", "l"]) {
            try FileContents.makeFolder("\(path)/\(folder)")
            for index in 0..<count {
                let square = PixelPlanes.image(
                    try dataset.pixels(at: index, which: side, size: 16), width: 16, height: 16)
                let wide = PillowResize.resize(square, width: side == .image0 ? 20 : 24, height: 16)
                try PNGWriter.write(wide, to: "\(path)/\(folder)/\(index).png")
                if side == .image0 {
                    try AtomicFile.write(dataset.item(at: index).caption, to: "\(path)/\(folder)/\(index).txt")
                }
            }
        }
    }

    /// What turns a recipe on a folder into one on these.
    var overrides: [String] { ["data.kind=pair_folders", "data.path=\(path)"] }
}
