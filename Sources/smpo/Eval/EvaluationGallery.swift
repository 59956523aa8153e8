import Core
import Datasets
import Foundation
import Pages
import Preferences
import Studies

/// Some of an evaluation's pictures side by side, small enough for a page.
struct EvaluationGallery {
    /// The longest edge of a picture, in pixels.
    static let edge = 112
    /// Pictures of a page.
    static let most = 24

    /// A prompt's pictures, an item each.
    let items: [Gallery.Item]

    /// The pictures of evenly chosen prompts. - Throws: `FileError`, `ImageError`.
    init(_ report: PromptEvaluationReport, _ store: PictureStore) throws {
        let (count, room) = (report.places.count, max(1, Self.most / report.models.count))
        let shown = count <= room ? Array(0..<count) : (0..<room).map { $0 * count / room }
        items = try shown.map { index in
            let prompt = report.prompts.prompts[report.places[index]]
            let pictures = try report.models.map { model -> Picture in
                let key = model.source.key(of: report.places[index])
                guard let image = try store.picture(key) else {
                    throw FileError(operation: "read", path: store.path(key), code: ENOENT)
                }
                let note = zip(report.rewards, model.scores).map { reward, scores in
                    let score = Double(scores.values[index]) * reward.kind.displayFactor
                    return "\(reward.kind.title) " + String(format: "%.\(reward.kind.displayDigits)f", score)
                }
                return try Thumbnail.picture(
                    image, Self.edge, label: model.source.model,
                    alternative: "Drawn by \(model.source.model) for: \(prompt.text)",
                    note: note.joined(separator: ", "))
            }
            return Gallery.Item(heading: prompt.style ?? "", caption: prompt.text, pictures: pictures)
        }
    }
}
